import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const FRONT_DOOR = join(import.meta.dirname, '../hopscope.ts');

function helpOf(cache: string): string {
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  return execFileSync(process.execPath, [FRONT_DOOR, 'server', '--help'], { env, encoding: 'utf8' });
}

describe('the front door', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hopscope-compiled-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps what was compiled for the next start', () => {
    helpOf(folder);
    const kept = readdirSync(folder, { recursive: true }).length;
    expect(kept).toBeGreaterThan(10);
    helpOf(folder);
    expect(readdirSync(folder, { recursive: true })).toHaveLength(kept);
  });

  it('works where nothing can be kept', () => {
    writeFileSync(join(folder, 'file'), '');
    chmodSync(join(folder, 'file'), 0o400);
    expect(helpOf(join(folder, 'file'))).toContain('--store');
  });
});
