import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'hopscope-setup-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the set-up as the user of this id would see it. */
function prepare(uid: number) {
  writeFileSync(join(folder, 'id'), `#!/bin/sh\necho ${uid}\n`);
  chmodSync(join(folder, 'id'), 0o755);
  const words = ['setup/run.sh', '--need', 'lab', '--or-replay', '--only-prepare', 'hopscope.ts', 'up'];
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  return spawnSync('sh', words, { cwd: ROOT, env, encoding: 'utf8' });
}

describe('npm start where no guest can be booted', () => {
  it('says so, and that what it shows is a recording', () => {
    const { status, stdout, stderr } = prepare(1000);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/no guest is booted: .*only root/s);
    expect(stderr).toContain('RECORDING of a real run');
    expect(stdout).toBe('');
  });
});
