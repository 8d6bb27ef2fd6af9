import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Shifts, Verdict } from '../../lab/plant-verdict.ts';
import { freePort, labNamespaces } from './lab-run.ts';

const ROOT = join(import.meta.dirname, '../..');
const DELAY_MS = 10;

/** What `hopscope lab plant --json` prints. */
type Report = Shifts & Verdict & { layer: string; delayNs: number; trueNs: number };

// One in the guest: those of the host are held by the same program, which tests/lab/hold.test.ts runs.
describe('hopscope lab plant', () => {
  const layer = 'wait';
  let report: Report;
  let said: string;
  let before: string[];

  beforeAll(async () => {
    before = labNamespaces();
    const flags = ['--layer', layer, '--delay', `${DELAY_MS}`, '--port-http', `${await freePort()}`, '--json'];
    const child = spawn(process.execPath, ['hopscope.ts', 'lab', 'plant', ...flags], { cwd: ROOT });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await once(child, 'close')) as [number | null];
    const [stdout, stderr] = await output;
    said = stderr;
    if (code !== 0) throw new Error(`it ended with ${code}:\n${stderr}`);
    report = JSON.parse(stdout) as Report;
  }, 240_000);

  it('leaves no namespace of its own', () => {
    const own = /shell in the guest: ip netns exec (\S+)/.exec(said)?.[1];
    expect(own).toMatch(/^hopscope-\w+-host$/);
    expect([...before, ...labNamespaces()]).not.toContain(own);
  });

  it('is told to the server', () => {
    expect(said).not.toContain('took no note');
  });

  it('really plants what it was told', () => {
    expect(report).toMatchObject({ layer, delayNs: DELAY_MS * 1e6 });
    expect(report.trueNs).toBeGreaterThanOrEqual(DELAY_MS * 1e6);
    expect(Math.min(report.planted, report.clean)).toBeGreaterThan(50);
  });

  it('names the planted layer, and its size within a tenth', () => {
    expect(report.named).toBe(layer);
    expect(Math.abs(report.sizeNs! - report.trueNs)).toBeLessThan(report.trueNs / 10);
  });
});
