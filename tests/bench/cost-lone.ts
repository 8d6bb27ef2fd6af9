/** How soon a lone record is in the agent's user space, told by the stamps in the record and in its frame. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CONTROL_GATEWAY } from '../../lab/qemu.ts';
import type { CostLab } from './cost-lab.ts';
import type { SeenRecord } from './cost-listener.ts';
import { openLoop } from './cost-load.ts';
import type { Observers } from './cost-observers.ts';

const PORT = 7119;
/** Far enough apart that each record is alone, on a guest ten times slower than its clock too. */
const PER_SECOND = 1;
const LAST_MS = 20_000;

/** Delays of `count` lone records or more, ms. Hopscope must be off, and is off again afterwards. */
export async function loneDelaysMs(lab: CostLab, observers: Observers, count: number): Promise<number[]> {
  const words = ['netns', 'exec', lab.hostNamespace, process.execPath, join(import.meta.dirname, 'cost-listener.ts')];
  const listener = spawn('ip', [...words, String(PORT)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const delaysMs: number[] = [];
  const ready = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  createInterface({ input: listener.stdout }).on('line', (line) => {
    const { delayNs } = JSON.parse(line) as Partial<SeenRecord>;
    if (delayNs === undefined) return ready.resolve();
    delaysMs.push(delayNs / 1e6);
    if (delaysMs.length >= count) enough.resolve();
  });
  listener.on('exit', () => ready.reject(new Error('the listener ended')));
  try {
    await ready.promise;
    await observers.startAgent(`--server ws://${CONTROL_GATEWAY}:${PORT}/agent`);
    await openLoop(lab.clientNamespace, count, PER_SECOND);
    const limit = setTimeout(
      () => enough.reject(new Error(`only ${delaysMs.length} of ${count} records came`)),
      LAST_MS,
    );
    await enough.promise;
    clearTimeout(limit);
    await observers.switchTo('nothing');
    return delaysMs;
  } finally {
    listener.removeAllListeners('exit').kill();
  }
}
