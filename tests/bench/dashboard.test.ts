/** How bench:dashboard tells when a request was shown. */
import { describe, expect, it } from 'vitest';
import type { LiveMessage } from '../../server/wire/live-views.ts';
import { delaysOf, quantileOf } from './dashboard-delays.ts';

const NONE = { p90: 2e6, p99: 3e6, p999: null, mean: 1e6, count: 1 };

/** A tick as the page hears it: errors of VM a in second 10, and what all VMs show. */
function message(atMs: number, errors: number, p50: number) {
  const seconds = [{ t: 10, vm: 'a', errors }];
  const recent = [{ vm: '*', errors, endToEnd: { ...NONE, p50 } }];
  return { atMs, data: JSON.stringify({ seconds, allVms: { seconds: [], recent } } as unknown as LiveMessage) };
}

function frame(atMs: number, errors: number, p50: string) {
  return { atMs, texts: [`✕ ${errors} errors in 10 s`, p50, '2.00\u00a0ms', '3.00\u00a0ms'] };
}

const MARK = { vm: 'a', second: 10, sentMs: 1_000 };

describe('a mark', () => {
  it('was shown by the first frame with the numbers of a message that counts it, not by an earlier one', () => {
    const messages = [message(1_050, 0, 1e6), message(1_250, 1, 1.5e6)];
    const frames = [frame(1_070, 0, '1.00\u00a0ms'), frame(1_290, 1, '1.50\u00a0ms')];
    expect(delaysOf([MARK], messages, frames)).toEqual({ ms: [290], unseen: 0, unexplained: 0 });
  });

  it('was shown also where its own message was passed over for a later one', () => {
    const messages = [message(1_050, 0, 1e6), message(1_250, 1, 1.5e6), message(1_450, 1, 1.6e6)];
    const frames = [frame(1_070, 0, '1.00\u00a0ms'), frame(1_470, 1, '1.60\u00a0ms')];
    expect(delaysOf([MARK], messages, frames).ms).toEqual([470]);
  });

  it('is counted as unseen where no frame shows it, and a frame that no message explains is told', () => {
    const messages = [message(1_050, 0, 1e6), message(1_250, 1, 1.5e6)];
    const frames = [frame(1_070, 0, '1.00\u00a0ms'), frame(1_100, 7, '9.00\u00a0ms')];
    expect(delaysOf([MARK], messages, frames)).toEqual({ ms: [], unseen: 1, unexplained: 1 });
  });
});

describe('a quantile', () => {
  it('is the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([quantileOf(hundred, 0.5), quantileOf(hundred, 0.99), quantileOf([], 0.5)]).toEqual([50, 99, Number.NaN]);
  });
});
