import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clockProblem, guestProblem } from '../../lab/guest.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-guest-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('guestProblem', () => {
  it('tells what happened, the end of the console, and what to do', () => {
    const file = join(folder, 'console.log');
    writeFileSync(file, `${Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n')}\n`);
    const text = guestProblem('Nginx did not start within 60 s', file);
    expect(text).toMatch(/^The guest is in trouble: Nginx did not start within 60 s\.\n/);
    expect(text).toContain('  line 39\n');
    expect(text).not.toContain('line 20');
    expect(text).toMatch(/Run it again; if it stays so, delete .*images to have the guest image rebuilt\.$/);
  });

  it('says of a silent guest that its console is empty', () => {
    const file = join(folder, 'console.log');
    expect(guestProblem('the kernel did not start within 60 s', file)).toContain(`Its log (${file}) is empty.`);
  });
});

describe('clockProblem', () => {
  it('says how much too fast the clock of a guest is', () => {
    expect(clockProblem(62, 2)).toBe("its clock runs 31 times as fast as this machine's (62.0 s in 2.0 s)");
  });

  it('lets a slow clock pass, and lines that are read late', () => {
    expect(clockProblem(0.1, 20)).toBeNull();
    expect(clockProblem(4, 0.01)).toBeNull();
  });
});
