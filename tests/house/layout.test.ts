import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOf, ROOT, sourceFiles } from './source-files.ts';

/** Longer than 300 lines on purpose: file → why. */
const LONG: Record<string, string> = {};
const MOST_LINES = 300;

const FILES = sourceFiles();
const CODE = FILES.filter((file) => /\.(ts|tsx|c|h|css|sh)$/.test(file));

describe('the layout', () => {
  it('has the folders of the house', () => {
    const folders = [
      ...[
        'agent',
        'agent/bpf',
        'agent/guest',
        'agent/host',
        'dashboard',
        'dashboard/views',
        'lab',
        'tests',
        'tests/bench',
      ],
      ...['wire', 'clock', 'join', 'aggregate', 'store', 'export'].map((name) => `server/${name}`),
    ];
    expect(folders.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([]);
    const doors = ['hopscope.ts', 'server/pipeline.ts', 'agent/main.ts', 'server/main.ts', 'lab/main.ts'];
    expect(doors.filter((file) => !FILES.includes(file))).toEqual([]);
  });

  it('keeps every line of C in agent/bpf, but for what a benchmark compares it with', () => {
    const apart = FILES.filter((file) => /\.[ch]$/.test(file) && !file.startsWith('agent/bpf/'));
    expect(apart).toEqual(['tests/bench/naive.bpf.c']);
  });

  it('has no file or folder that says nothing: utils, common, helpers, types, index', () => {
    const vague = /(^|\/)(utils?|commons?|helpers?|types|index\.[jt]sx?|misc|shared)(\.[a-z]+)*(\/|$)/;
    expect(FILES.filter((file) => vague.test(file))).toEqual([]);
  });

  it('names files in kebab-case', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
    expect(CODE.filter((file) => !kebab.test(basename(file)))).toEqual([]);
  });

  it(`keeps files below ${MOST_LINES} lines, or says why not`, () => {
    const long = CODE.filter((file) => !file.endsWith('.css') && contentOf(file).split('\n').length - 1 > MOST_LINES);
    expect(long).toEqual(Object.keys(LONG));
  });

  it('puts tests where their subject is', () => {
    const apart = ['bench', 'container', 'fixtures', 'house', 'vm'];
    const tests = FILES.filter((file) => /^tests\/.*\.test\.ts$/.test(file)).map((file) => dirname(file).slice(6));
    const folders = [...new Set(tests)].filter(
      (folder) => folder !== '' && !apart.includes(folder.split('/')[0] as string),
    );
    const stray = folders.filter((f) => !existsSync(join(ROOT, f)) || !statSync(join(ROOT, f)).isDirectory());
    expect(stray).toEqual([]);
  });

  it('exports by name only', () => {
    const configs = /(^|\/)(vite|vitest)\.config\.ts$/;
    const modules = CODE.filter((file) => /\.tsx?$/.test(file) && !configs.test(file));
    expect(modules.filter((file) => /^export default\b/m.test(contentOf(file)))).toEqual([]);
  });
});
