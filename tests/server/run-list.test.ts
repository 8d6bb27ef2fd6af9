import { describe, expect, it } from 'vitest';
import type { Momentary, Run } from '../../server/run.ts';
import { MAX_RUNS, MAX_STRETCHES, RunList, SETTLE_MS } from '../../server/run-list.ts';
import { NO_COST } from '../../server/self-cost.ts';
import { NO_TOTALS, type Totals } from '../../server/totals.ts';
import type { Summary } from '../../server/wire/views.ts';

function runList() {
  const forgotten: string[] = [];
  let totals: Totals = { ...NO_TOTALS };
  const runs = new RunList({
    totals: () => totals,
    cost: () => ({ ...NO_COST, cpuMs: 5, elapsedMs: 50 }),
    moment: (run) => ({ clock: { method: run.name } }) as Momentary,
    summarise: (run: Run) => ({ run: { id: run.id } }) as Summary,
    store: { coverage: () => ({}) },
    release: ({ id }) => forgotten.push(id),
  });
  /** Counters of the server rise. */
  const count = (unmatchedHost: number, lost: number) => {
    const drops = { ring: (totals.drops.ring ?? 0) + lost };
    totals = { ...totals, unmatchedHost: totals.unmatchedHost + unmatchedHost, drops };
  };
  return { runs, forgotten, count };
}

describe('RunList', () => {
  it('puts a path into the run of its own time, late as it may come', () => {
    const { runs } = runList();
    const first = runs.open('first', 1_000);
    expect(runs.at(500)).toBe(first);
    expect(runs.at(1_500)).toBe(first);
    runs.end(first, 2_000);
    expect(runs.at(1_999)).toBe(first);
    expect(runs.at(2_001)).toBeNull();
  });

  it('takes stragglers into an ended run for a while, then freezes it', () => {
    const { runs } = runList();
    const run = runs.open('only', 1_000);
    runs.end(run, 2_000);
    runs.settle(2_000 + SETTLE_MS - 1);
    expect(runs.at(1_500)).toBe(run);
    runs.settle(2_000 + SETTLE_MS);
    expect(run.frozen).not.toBeNull();
    expect(runs.at(1_500)).toBeNull();
  });

  it('ends the run before when the next one opens, and takes stragglers into it, too', () => {
    const { runs } = runList();
    const first = runs.open('first', 1_000);
    const second = runs.open('second', 3_000);
    expect(first.endedMs).toBe(3_000);
    expect(runs.current).toBe(second);
    expect(runs.at(2_999)).toBe(first);
    expect(runs.at(3_000)).toBe(second);
    runs.settle(3_000 + SETTLE_MS);
    expect(runs.at(2_999)).toBeNull();
    expect(second.frozen).toBeNull();
  });

  it('finds the stretch that a path fell into where runs take turns', () => {
    const { runs } = runList();
    const between = runs.open('between', 0);
    const a = runs.open('a', 1_000);
    runs.resume(between, 2_000);
    const b = runs.open('b', 3_000);
    runs.resume(a, 4_000);
    expect([500, 1_500, 2_500, 3_500, 4_500].map((atMs) => runs.at(atMs))).toEqual([between, a, between, b, a]);
    expect(runs.current).toBe(a);
    expect(a.endedMs).toBeNull();
    expect(a.stretches).toEqual([
      { fromMs: 1_000, toMs: 2_000 },
      { fromMs: 4_000, toMs: null },
    ]);
    expect(runs.all().map(({ name }) => name)).toEqual(['b', 'a', 'between']);
  });

  it('counts to a run what happened in its own stretches only', () => {
    const { runs, count } = runList();
    const a = runs.open('a', 0);
    count(1, 10);
    const b = runs.open('b', 1_000);
    count(2, 20);
    runs.resume(a, 2_000);
    count(4, 40);
    runs.resume(b, 3_000);
    expect(a.counted).toMatchObject({ unmatchedHost: 5, drops: { ring: 50 } });
    expect(a.cost).toMatchObject({ cpuMs: 10, elapsedMs: 100 });
    expect(b.counted).toMatchObject({ unmatchedHost: 2, drops: { ring: 20 } });
  });

  it('counts nothing to a run between its end and its resumption', () => {
    const { runs, count } = runList();
    const run = runs.open('only', 0);
    count(1, 0);
    runs.end(run, 1_000);
    runs.settle(1_000 + SETTLE_MS);
    count(100, 100);
    runs.resume(run, 60_000);
    count(1, 0);
    runs.open('next', 61_000);
    expect(run.counted).toMatchObject({ unmatchedHost: 2, drops: { ring: 0 } });
  });

  it('keeps what can only be seen while a run is the current one, and thaws a run that is resumed', () => {
    const { runs } = runList();
    const a = runs.open('a', 0);
    runs.open('b', 1_000);
    expect(a.left).toEqual({ clock: { method: 'a' } });
    runs.settle(1_000 + SETTLE_MS);
    expect(a.frozen).not.toBeNull();
    runs.resume(a, 20_000);
    expect([a.left, a.frozen, a.endedMs]).toEqual([null, null, null]);
    expect(runs.at(20_001)).toBe(a);
  });

  it('bounds the stretches of a run', () => {
    const { runs } = runList();
    const [a, b] = [runs.open('a', 0), runs.open('b', 1)];
    let atMs = 2;
    while (runs.resume(a, atMs++)) runs.resume(b, atMs++);
    expect(a.stretches).toHaveLength(MAX_STRETCHES);
    expect(runs.current).toBe(b);
    expect(b.endedMs).toBeNull();
  });

  it('gives every run its own id, also two in one millisecond', () => {
    const { runs } = runList();
    expect(runs.open('a', 1_000).id).not.toBe(runs.open('b', 1_000).id);
  });

  it('lets go of the oldest when there are too many, and of the paths of its time', () => {
    const { runs, forgotten } = runList();
    const first = runs.open('0', 0);
    for (let i = 1; i <= MAX_RUNS; i++) runs.open(String(i), i * 1_000);
    expect(forgotten).toEqual([first.id]);
    expect(runs.find(first.id)).toBeUndefined();
    expect(runs.at(500)).toBeNull();
    expect(runs.at(1_500)?.name).toBe('1');
    expect(runs.all()).toHaveLength(MAX_RUNS);
    expect(runs.evicted).toBe(1);
  });
});
