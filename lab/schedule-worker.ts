/**
 * Sleeps until each due time and says so. A thread of its own may block: its
 * sleeps are exact to some 50 µs, event-loop timers only to a millisecond, and
 * spinning would take a core from the guest. It says `ready` first, and is then
 * told when to start (performance.timeOrigin + performance.now()): a thread takes
 * a while to come up, for which the first requests would be late.
 */
import { parentPort, workerData } from 'node:worker_threads';

const { intervalMs, count, stop } = workerData as {
  intervalMs: number;
  /** Infinity: until stopped. */
  count: number;
  /** Set to 1 and notified to end early. */
  stop: Int32Array;
};

parentPort!.once('message', (startMs: number) => {
  for (let index = 0; index < count; index++) {
    const waitMs = startMs + index * intervalMs - (performance.timeOrigin + performance.now());
    if (waitMs > 0) Atomics.wait(stop, 0, 0, waitMs);
    if (Atomics.load(stop, 0) !== 0) break;
    // One message may stand for several due requests; the generator looks at the clock itself.
    parentPort!.postMessage(index);
  }
});
parentPort!.postMessage('ready');
