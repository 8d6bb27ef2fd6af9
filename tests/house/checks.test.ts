import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const LIMIT_MS = 120_000;

function run(...words: string[]): { status: number | null; output: string } {
  const [command = '', ...args] = words;
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('the checks that a person runs', () => {
  it(
    'find no wrong type',
    () => {
      const { status, output } = run('node_modules/.bin/tsc', '--noEmit');
      expect(status, output).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'find no wrong type in the dashboard',
    () => {
      const { status, output } = run('node_modules/.bin/tsc', '--noEmit', '-p', 'dashboard');
      expect(status, output).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'find nothing to lint or to format',
    () => {
      const { status, output } = run('node_modules/.bin/biome', 'check', '.');
      expect(status, output).toBe(0);
    },
    LIMIT_MS,
  );
});
