/**
 * Builds what is stale, and nothing else: the BPF objects, the guest's agent as
 * one file, the dashboard. Stale is judged by a hash of the inputs.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Product {
  /** What it makes, below dist/; also how progress names it. */
  output: string;
  /** Globs of everything that changes the output. */
  inputs: string[];
  /** Nothing to build from yet: skipped. */
  needs: string;
  build: (output: string) => void | Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

const PRODUCTS: Product[] = [
  bpfObject('host'),
  bpfObject('guest'),
  bpfObject('hold'),
  bpfObject('host', 'old'),
  bpfObject('guest', 'old'),
  {
    output: 'agent.mjs',
    inputs: ['agent/**/*.ts', 'server/wire/*.ts', 'server/join/paths.ts', 'setup/build.ts', 'package-lock.json'],
    needs: 'agent/main.ts',
    build: bundleAgent,
  },
  {
    output: 'dashboard',
    inputs: ['dashboard/**/*', 'server/wire/*.ts', 'vite.config.ts', 'package-lock.json'],
    needs: 'vite.config.ts',
    build: async () => {
      // Imported when needed: loading Vite takes longer than finding that nothing is stale.
      const { build: viteBuild } = await import('vite');
      await viteBuild({ root: join(ROOT, 'dashboard'), configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn' });
    },
  },
];

/** `old` is what kernels take that refuse the other one, see agent/bpf/compat.bpf.h. */
function bpfObject(side: 'host' | 'guest' | 'hold', age: 'new' | 'old' = 'new'): Product {
  return {
    output: `bpf/${side}${age === 'old' ? '-old' : ''}.bpf.o`,
    inputs: ['agent/bpf/*.c', 'agent/bpf/*.h', 'setup/build.ts'],
    needs: `agent/bpf/${side}.bpf.c`,
    build: (output) =>
      compileBpf(join(ROOT, `agent/bpf/${side}.bpf.c`), output, age === 'old' ? ['-DHOP_OLD_KERNEL'] : []),
  };
}

function compileBpf(source: string, output: string, defines: string[]): void {
  // clang's bpf target looks in no multiarch folder by itself, where asm/types.h lives.
  const [arch, triplet] = process.arch === 'arm64' ? ['arm64', 'aarch64'] : ['x86', 'x86_64'];
  const machine = [`-D__TARGET_ARCH_${arch}`, `-I/usr/include/${triplet}-linux-gnu`];
  const flags = ['-g', '-O2', '-Wall', '-target', 'bpf', '-mcpu=v3', '-fmacro-backtrace-limit=1', ...machine];
  const clang = spawnSync('clang', [...flags, ...defines, '-c', source, '-o', output], { encoding: 'utf8' });
  if (clang.error) throw new Error(`clang is not installed. Run as root: apt-get install clang libbpf-dev`);
  if (clang.status !== 0) throw new Error(`clang could not compile ${source}:\n${clang.stderr}`);
  if (clang.stderr) process.stderr.write(clang.stderr);
}

/** One ES module with its packages inside; only koffi, which is native, stays outside. */
async function bundleAgent(output: string): Promise<void> {
  const { build: viteBuild } = await import('vite');
  await viteBuild({
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    define: { HOPSCOPE_VERSION: JSON.stringify(packageVersion()) },
    ssr: { noExternal: true, external: ['koffi'] },
    build: {
      ssr: join(ROOT, 'agent/main.ts'),
      outDir: dirname(output),
      emptyOutDir: false,
      target: 'node22',
      minify: false,
      rollupOptions: { output: { entryFileNames: 'agent.mjs', codeSplitting: false } },
    },
  });
}

function packageVersion(): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}

function inputHash(product: Product): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of globSync(product.inputs, { cwd: ROOT }).sort()) {
    const path = join(ROOT, file);
    if (!file.includes('node_modules')) hash.update(`\0${file}\0`).update(readFile(path));
  }
  return hash.digest('hex');
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return new Uint8Array(0);
    throw error;
  }
}

async function buildIfStale(product: Product): Promise<void> {
  const output = join(DIST, product.output);
  const stamp = join(DIST, '.built', product.output.replaceAll('/', '_'));
  if (!existsSync(join(ROOT, product.needs))) return;
  const hash = inputHash(product);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.error(`hopscope: building dist/${product.output}`);
  mkdirSync(dirname(output), { recursive: true });
  mkdirSync(dirname(stamp), { recursive: true });
  await product.build(output);
  writeFileSync(stamp, hash);
}

/** Builds the named products (all without names); returns the exit code. */
export async function build(names: string[]): Promise<number> {
  try {
    for (const product of PRODUCTS) {
      if (names.length === 0 || names.some((name) => product.output.startsWith(name))) await buildIfStale(product);
    }
    return 0;
  } catch (error) {
    console.error(`hopscope: ${(error as Error).message}`);
    return 1;
  }
}

if (import.meta.main) process.exitCode = await build(process.argv.slice(2));
