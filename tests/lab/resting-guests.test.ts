import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { RestingGuests } from '../../lab/resting-guests.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that takes a tenth of a second of CPU when it is told to, and says so. */
function worker() {
  const burn = 'const from = process.cpuUsage(); while (process.cpuUsage(from).user < 1e5);';
  const script = `process.stdin.on('data', () => { ${burn} console.log('done'); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  const work = () => {
    child.stdin.write('\n');
    return once(child.stdout, 'data');
  };
  return { child: { pid: child.pid! }, work };
}

describe('RestingGuests', () => {
  it('tells what each took while another one was asked, and not what it took itself', async () => {
    const guests = [worker(), worker()];
    await Promise.all(guests.map(({ work }) => work()));
    const resting = new RestingGuests(guests);
    const from = performance.now();
    await resting.beside(0, () => Promise.all(guests.map(({ work }) => work())));
    const elapsedS = (performance.now() - from) / 1000;
    expect(resting.cpusOf(0)).toBeNull();
    expect(resting.cpusOf(1)).toBeGreaterThanOrEqual(0.08 / elapsedS);
    expect(resting.cpusOf(1)).toBeLessThanOrEqual(1.1);
  });

  it('knows of none that rests where all NICs are in one guest', async () => {
    const only = worker();
    const resting = new RestingGuests([only]);
    await resting.beside(0, only.work);
    expect(resting.cpusOf(0)).toBeNull();
  });
});
