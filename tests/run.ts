/**
 * `npm test`: tests with real guests and agents one after the other, and beside them, as
 * there are two cores, all others one after the other; one report in the end.
 * Where files or other choices are given it is plain vitest.
 *   npm test                       everything
 *   npm test -- tests/server       what vitest is given
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
/** About half of the time that all take. */
const ONE_HALF = ['tests/vm/', 'tests/agent/'];

async function vitest(...words: string[]): Promise<number> {
  const child = spawn(process.execPath, [VITEST, 'run', ...words], { cwd: ROOT, stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}

/** @param reporters of the whole, as vitest takes them */
async function everything(reporters: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-tests-'));
  const half = (name: string, ...which: string[]) =>
    vitest(...which, '--reporter=default', '--reporter=blob', `--outputFile.blob=${join(folder, `${name}.json`)}`);
  try {
    const codes = await Promise.all([
      half('guests', ...ONE_HALF),
      half('others', ...ONE_HALF.map((folder) => `--exclude=${folder}**`)),
    ]);
    const merged = await vitest(`--merge-reports=${folder}`, ...reporters);
    return Math.max(...codes, merged);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const args = process.argv.slice(2);
const areReporters = args.every((word) => /^--(reporter|outputFile)\b/.test(word));
process.exitCode = areReporters ? await everything(args) : await vitest(...args);
