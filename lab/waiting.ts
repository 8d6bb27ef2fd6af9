/** Waiting that ends: by the event, by the run's end, or by a limit. */
import { setTimeout as delay } from 'node:timers/promises';

/** The promise's outcome, or a rejection with the signal's reason as soon as it is aborted. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

/** The promise's outcome; null when `limitMs` pass first. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T | null> {
  const limit = new AbortController();
  const late = delay(limitMs, null, { signal: limit.signal }).catch(() => null);
  return Promise.race([promise, late]).finally(() => limit.abort());
}

/** Asks until the answer is not null; null when `limitMs` pass first. Rejects when aborted. */
export async function askUntil<T>(
  question: () => Promise<T | null>,
  limitMs: number,
  signal: AbortSignal,
  everyMs = 100,
): Promise<T | null> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await question();
    if (answer !== null) return answer;
    if (performance.now() > deadlineMs) return null;
    await delay(everyMs);
  }
}
