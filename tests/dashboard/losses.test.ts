import { describe, expect, it } from 'vitest';
import { LossLog, lostRecords, lostSince } from '../../dashboard/losses.ts';
import { RETAIN_S } from '../../dashboard/series.ts';
import type { Health } from '../../server/wire/views.ts';

describe('lostRecords', () => {
  it('adds up every queue, and not the updates that a slow page was spared', () => {
    const drops = { 'host.ring.full': 3, 'guest.uplink.buffer': 4, 'join.overflow': 5, 'live.skipped': 100 };
    expect(lostRecords({ drops } as unknown as Health)).toBe(12);
  });
});

describe('LossLog', () => {
  it('begins to count at the first total, which is of before', () => {
    const log = new LossLog();
    log.apply(10_000, 500);
    expect(log.losses).toEqual([]);
  });

  it('puts what was lost since the total before into the second in which it was told', () => {
    const log = new LossLog();
    for (const [nowMs, total] of [
      [10_000, 5],
      [10_250, 7],
      [10_750, 8],
      [12_000, 8],
      [13_999, 18],
    ] as const) {
      log.apply(nowMs, total);
    }
    expect(log.losses).toEqual([
      { t: 10, records: 3 },
      { t: 13, records: 10 },
    ]);
    expect(lostSince(log.losses, 11)).toBe(10);
    expect(lostSince(log.losses, 0)).toBe(13);
  });

  it('takes a total that was set back, as by a restarted agent, for no loss and no gain', () => {
    const log = new LossLog();
    log.apply(1_000, 50);
    log.apply(2_000, 0);
    log.apply(3_000, 2);
    expect(log.losses).toEqual([{ t: 3, records: 2 }]);
  });

  it('forgets what no chart shows any more', () => {
    const log = new LossLog();
    log.apply(0, 0);
    for (let t = 1; t <= 2 * RETAIN_S; t++) log.apply(t * 1000, t);
    expect(log.losses).toHaveLength(RETAIN_S);
    expect(log.losses.at(0)?.t).toBe(RETAIN_S + 1);
  });

  it('gives another array whenever it changed, and only then', () => {
    const log = new LossLog();
    log.apply(1_000, 0);
    const before = log.losses;
    log.apply(1_250, 0);
    expect(log.losses).toBe(before);
    log.apply(1_500, 1);
    expect(log.losses).not.toBe(before);
  });
});
