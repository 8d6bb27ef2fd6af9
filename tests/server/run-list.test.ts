import { describe, expect, it } from 'vitest';
import type { Run, Totals } from '../../server/run.ts';
import { MAX_RUNS, RunList, SETTLE_MS } from '../../server/run-list.ts';
import type { Summary } from '../../server/wire/views.ts';

const TOTALS: Totals = {
  host: 0,
  guest: 0,
  unmatchedHost: 0,
  unmatchedGuest: 0,
  negative: 0,
  clockSteps: 0,
  continuedAfterJoin: 0,
  repeatedHost: 0,
  repeatedGuest: 0,
  drops: {},
};

function runList() {
  const forgotten: string[] = [];
  const summarise = (run: Run) => ({ run: { id: run.id } }) as Summary;
  const runs = new RunList({ totals: () => TOTALS, summarise, forget: (id) => forgotten.push(id) });
  return { runs, forgotten };
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

  it('ends the run before when the next one opens', () => {
    const { runs } = runList();
    const first = runs.open('first', 1_000);
    const second = runs.open('second', 3_000);
    expect(first.endedMs).toBe(3_000);
    expect(runs.current).toBe(second);
    expect(runs.at(3_000)).toBe(second);
  });

  it('gives every run its own id, also two in one millisecond', () => {
    const { runs } = runList();
    expect(runs.open('a', 1_000).id).not.toBe(runs.open('b', 1_000).id);
  });

  it('lets go of the oldest when there are too many', () => {
    const { runs, forgotten } = runList();
    const first = runs.open('0', 0);
    for (let i = 1; i <= MAX_RUNS; i++) runs.open(String(i), i * 1_000);
    expect(forgotten).toEqual([first.id]);
    expect(runs.find(first.id)).toBeUndefined();
    expect(runs.all()).toHaveLength(MAX_RUNS);
    expect(runs.evicted).toBe(1);
  });
});
