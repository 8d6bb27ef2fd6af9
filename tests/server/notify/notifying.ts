/** Notifiers with what they say kept, closed after each test. */
import { afterEach } from 'vitest';
import { Notifier } from '../../../server/notify/notifier.ts';
import { parseReceiver, type ReceiverKind } from '../../../server/notify/receiver.ts';
import type { Burning } from './burning.ts';

const made: Notifier[] = [];
afterEach(async () => {
  for (const notifier of made.splice(0)) await notifier.close();
});

export interface Said {
  about: Record<string, unknown>;
  message: string;
}

/** Short for a test that waits for it, long for a machine that has other things to do. */
export const SILENCE_MS = 2_000;

/** @param receivers kind and address @param said takes every line of the log */
export function notifier(
  clock: Burning,
  receivers: [ReceiverKind, string][],
  said: Said[] = [],
  timeoutMs = 15_000,
): Notifier {
  const log = (about: object, message: string) => void said.push({ about: { ...about }, message });
  const parsed = receivers.map(([kind, url]) => {
    const result = parseReceiver(kind, url, false);
    if (!result.ok) throw new Error(result.fault);
    return result.receiver;
  });
  const url = () => 'http://hopscope.example:7117';
  const around = { log: { info: log, warn: log }, now: () => clock.nowMs, random: () => 0.5, timeoutMs };
  const one = new Notifier({ receivers: parsed, url, ...around });
  made.push(one);
  return one;
}
