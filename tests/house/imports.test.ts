/** Who may import whom: the table of the house. A change here is a change of the design. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importSpecifiers, resolveSpecifier } from './import-specifiers.ts';
import { contentOf, ROOT, sourceFiles } from './source-files.ts';

interface Rule {
  /** Prefix of the files that the rule is for; the longest one that fits decides. */
  folder: string;
  /** Prefixes of what may be imported, beside the folder itself. */
  may: string[];
}

/** The pure folders, in the order of the flow: each may import those to its left. */
const PURE = ['clock', 'join', 'aggregate', 'compare', 'slo'].map((name) => `server/${name}/`);
const PURE_RULES: Rule[] = PURE.map((folder, i) => ({ folder, may: ['server/wire/', ...PURE.slice(0, i)] }));

const TABLE: Rule[] = [
  { folder: 'server/wire/', may: [] },
  ...PURE_RULES,
  {
    folder: 'server/store/',
    may: ['server/wire/', ...PURE, 'node:', 'npm:@duckdb/node-api', 'npm:@clickhouse/client'],
  },
  { folder: 'server/export/', may: ['server/wire/', ...PURE, 'node:', 'npm:@opentelemetry/'] },
  { folder: 'server/', may: ['server/', 'node:', 'npm:'] },
  {
    folder: 'agent/',
    may: [
      'server/wire/',
      'node:',
      'npm:koffi',
      'npm:ws',
      'npm:commander',
      'npm:pino',
      'npm:zod',
      'npm:@opentelemetry/api',
    ],
  },
  { folder: 'dashboard/', may: ['server/wire/', 'npm:preact', 'npm:@preact/signals'] },
  { folder: 'dashboard/chart.ts', may: ['server/wire/', 'dashboard/', 'npm:chart.js', 'npm:chartjs-'] },
  // What the API answers, as types: whoever uses an API may know its answers.
  {
    folder: 'lab/',
    may: ['server/wire/views.ts', 'server/wire/machine-views.ts', 'node:', 'npm:commander', 'npm:zod', 'npm:ws'],
  },
  // A program of its own, sent into the guest alone: its one package is there beside the agent.
  { folder: 'lab/hold-loader.ts', may: ['node:', 'npm:koffi'] },
  { folder: 'setup/', may: ['node:', 'npm:vite'] },
  { folder: 'hopscope.ts', may: ['agent/', 'server/', 'lab/', 'setup/', 'node:', 'npm:commander'] },
];
/** Columns of paths are the pipeline's own currency: all of the server may name their type. */
const EVERYONE_IN_SERVER = 'server/join/paths.ts';

function ruleOf(file: string): Rule | undefined {
  const fitting = TABLE.filter((rule) => file.startsWith(rule.folder));
  return fitting.sort((a, b) => b.folder.length - a.folder.length)[0];
}

function allowed(file: string, target: string): boolean {
  const rule = ruleOf(file);
  if (rule === undefined) return false;
  if (file.startsWith('server/') && !file.startsWith('server/wire/') && target === EVERYONE_IN_SERVER) return true;
  return [rule.folder, ...rule.may].some((prefix) => target.startsWith(prefix));
}

const MODULES = sourceFiles('agent', 'server', 'dashboard', 'lab', 'setup', 'hopscope.ts').filter((f) =>
  /\.tsx?$/.test(f),
);
const IMPORTS = MODULES.flatMap((file) =>
  importSpecifiers(contentOf(file)).map((specifier) => ({ file, target: resolveSpecifier(file, specifier) })),
);

describe('importSpecifiers', () => {
  it('sees every form of import and no comment', () => {
    const source = [
      "import type { A } from './a.ts';",
      "import {\n  b,\n  c,\n} from 'pkg/deep';",
      "import './style.css';",
      "export { d } from '../d.ts';",
      "const e = await import('./e.ts');",
      "// import x from './no.ts';",
      "/* import y from './no.ts'; */",
    ].join('\n');
    const found = importSpecifiers(source).sort();
    expect(found).toEqual(['../d.ts', './a.ts', './e.ts', './style.css', 'pkg/deep'].sort());
  });
});

describe('the import table', () => {
  it('has modules to judge', () => {
    expect(MODULES.length).toBeGreaterThan(50);
    expect(IMPORTS.length).toBeGreaterThan(100);
  });

  it('is kept by every module', () => {
    const broken = IMPORTS.filter(({ file, target }) => !allowed(file, target)).map((i) => `${i.file} → ${i.target}`);
    expect(broken).toEqual([]);
  });

  it('names only files that exist, with their ending', () => {
    const local = IMPORTS.filter(({ target }) => !/^(node|npm):/.test(target));
    expect(local.filter(({ target }) => !existsSync(join(ROOT, target))).map((i) => `${i.file} → ${i.target}`)).toEqual(
      [],
    );
  });

  it('keeps chart.js in one file and the socket away from the views', () => {
    const charts = IMPORTS.filter(({ target }) => /^npm:(chart\.js|chartjs-)/.test(target)).map(({ file }) => file);
    expect([...new Set(charts)]).toEqual(['dashboard/chart.ts']);
    // A view may name a type of the socket's states; it never gets hold of the socket.
    const views = MODULES.filter((file) => file.startsWith('dashboard/views/'));
    const socket = views.filter((file) => /^import(?! type\b)[^;]*\/socket\.ts'/m.test(contentOf(file)));
    expect(socket).toEqual([]);
  });

  it('lets the lab know the answers of the API, and none of its code', () => {
    const lab = MODULES.filter((file) => file.startsWith('lab/'));
    const code = lab.filter((file) => /^import(?! type\b)[^;]*\/server\//m.test(contentOf(file)));
    expect(code).toEqual([]);
  });

  it('keeps the pure folders free of clocks, input, output and logging', () => {
    const impure = /\b(Date\.now|new Date\(\)|performance\.|console\.|process\.|setTimeout|setInterval|Math\.random)/;
    const folders = ['server/wire/', ...PURE];
    const files = MODULES.filter((file) => folders.some((folder) => file.startsWith(folder)));
    expect(files.length).toBeGreaterThan(10);
    const code = (file: string) => contentOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect(files.filter((file) => impure.test(code(file)))).toEqual([]);
  });
});
