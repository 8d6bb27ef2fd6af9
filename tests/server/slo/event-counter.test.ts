import { describe, expect, it } from 'vitest';
import { CountLine } from '../../../server/slo/count-line.ts';
import { EventCounter } from '../../../server/slo/event-counter.ts';
import { noCounts, TALLIES } from '../../../server/slo/indicator.ts';
import type { Objective } from '../../../server/slo/objective.ts';
import { UnitLine } from '../../../server/slo/unit-line.ts';
import { presetObjective } from './random-weeks.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 2, 1, 10);

class Counted {
  readonly #line = new CountLine();
  readonly #units: UnitLine;
  readonly #objective: Objective;

  constructor(objective: Objective) {
    this.#objective = objective;
    this.#units = new UnitLine(objective, this.#line);
  }

  add(atMs: number, total: number, good: number): void {
    const counts = noCounts();
    counts[TALLIES.indexOf('total')] = total;
    counts[TALLIES.indexOf('good')] = good;
    this.#line.add(Math.floor(atMs / MINUTE), counts);
    this.#units.changed(Math.floor(atMs / MINUTE));
  }

  counter(atMs: number): EventCounter {
    return new EventCounter(this.#objective, this.#units, atMs);
  }
}

describe('the events of an objective', () => {
  it('begin at zero, whatever was before, and are counted as they come', () => {
    const counted = new Counted(presetObjective('a', 'google', 0.99, 30, false));
    counted.add(START - 5 * MINUTE, 100, 50);
    counted.add(START, 10, 9);
    const counter = counted.counter(START + 20_000);
    expect(counter.read(START + 20_000)).toEqual({ total: 0, bad: 0 });
    counted.add(START + 30_000, 10, 8);
    counted.add(START + MINUTE, 5, 5);
    expect(counter.read(START + MINUTE)).toEqual({ total: 15, bad: 2 });
  });

  it('never fall: what is taken back is made up for by what comes', () => {
    const counted = new Counted(presetObjective('a', 'google', 0.99, 30, false));
    const counter = counted.counter(START);
    counted.add(START, 10, 5);
    expect(counter.read(START + 1)).toEqual({ total: 10, bad: 5 });
    counted.add(START, -2, 0);
    expect(counter.read(START + 2)).toEqual({ total: 10, bad: 5 });
    counted.add(START + MINUTE, 3, 0);
    expect(counter.read(START + MINUTE)).toEqual({ total: 11, bad: 6 });
  });

  it('add up over days without another look at what is long over', () => {
    const counted = new Counted(presetObjective('a', 'google', 0.99, 30, false));
    const counter = counted.counter(START);
    for (let minute = 0; minute < 3 * 1_440; minute++) {
      counted.add(START + minute * MINUTE, 7, 6);
      if (minute % 97 === 0) counter.read(START + minute * MINUTE);
    }
    const endMs = START + 3 * 1_440 * MINUTE;
    expect(counter.read(endMs)).toEqual({ total: 7 * 3 * 1_440, bad: 3 * 1_440 });
    counted.add(START, 1_000, 0);
    expect(counter.read(endMs).total).toBe(7 * 3 * 1_440);
    // What is late by minutes counts.
    counted.add(endMs - 10 * MINUTE, 1_000, 0);
    expect(counter.read(endMs).total).toBe(7 * 3 * 1_440 + 1_000);
  });

  it('are slices that are over, where slices count', () => {
    const slice = { minutes: 5, target: 0.9 };
    const counted = new Counted({ ...presetObjective('a', 'google', 0.99, 30, true), slice });
    const counter = counted.counter(START + MINUTE);
    for (let minute = 0; minute < 15; minute++) counted.add(START + minute * MINUTE, 10, minute < 5 ? 10 : 8);
    expect(counter.read(START + 4 * MINUTE)).toEqual({ total: 0, bad: 0 });
    expect(counter.read(START + 5 * MINUTE)).toEqual({ total: 1, bad: 0 });
    expect(counter.read(START + 14 * MINUTE)).toEqual({ total: 2, bad: 1 });
    expect(counter.read(START + 15 * MINUTE)).toEqual({ total: 3, bad: 2 });
  });

  it('stay where they are while the clock is set back', () => {
    const counted = new Counted(presetObjective('a', 'google', 0.99, 30, false));
    const counter = counted.counter(START);
    counted.add(START, 10, 5);
    counter.read(START + 2 * MINUTE);
    expect(counter.read(START - 90 * MINUTE)).toEqual({ total: 10, bad: 5 });
  });
});
