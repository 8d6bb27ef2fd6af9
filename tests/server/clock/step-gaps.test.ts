import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairClock } from '../../../server/clock/clock.ts';
import type { Crossing } from '../../../server/clock/step-gaps.ts';

const TICK_NS = 200e6;

/** An exchange of a guest whose clock jumps at `stepNs` of true time, and the truth about it. */
interface Known extends Crossing {
  startNs: number;
  endNs: number;
  /** hostTime − guestTime at guestIn and at guestOut. */
  truthIn: number;
  truthOut: number;
}

function uniform(seed: number): () => number {
  let state = seed % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

interface Jump {
  seed: number;
  perSecond: number;
  stepNs: number;
  /** Growth of host time − guest time. */
  byNs: number;
  /** The guest stands still for byNs; else its clock is set by −byNs. */
  stops: boolean;
}

/** Until a second after the jump; delays of 20 µs and more, services of 50 µs to 20 ms; in the order of their ends. */
function traffic({ seed, perSecond, stepNs, byNs, stops }: Jump): Known[] {
  const random = uniform(seed);
  const delay = () => 20_000 - 40_000 * Math.log(1 - random());
  // Of a guest that stood still the clock goes on where it was; otherwise it was set.
  const offset = (t: number) => 7e9 + 20e-6 * t + (t < stepNs ? 0 : stops ? Math.min(byNs, t - stepNs) : byNs);
  const all: Known[] = [];
  const interval = () => (-Math.log(1 - random()) / perSecond) * 1e9;
  // What runs while the guest stands still arrives when it goes on.
  const onwards = (from: number, ns: number) => (stops && from < stepNs && from + ns >= stepNs ? ns + byNs : ns) + from;
  // At 50 a second a second is what it takes to be sure of a jump.
  const untilNs = Math.max(3e9, stepNs + (stops ? byNs : 0) + 1e9);
  for (let t = interval(); t < untilNs; t += interval()) {
    const inNs = onwards(t, delay());
    const outNs = onwards(inNs, 50_000 + random() ** 4 * 20e6);
    const endNs = outNs + delay();
    if (stops && t >= stepNs && t < stepNs + byNs) continue;
    const [truthIn, truthOut] = [offset(inNs), offset(outNs)];
    all.push({
      ...{ startNs: t, endNs, truthIn, truthOut },
      hostOutNs: Math.floor(t),
      guestInNs: Math.round(inNs - truthIn),
      guestOutNs: Math.round(outNs - truthOut),
      hostInNs: Math.ceil(endNs),
    });
  }
  return all.sort((a, b) => a.endNs - b.endNs);
}

/** All paths by the fit that their own tick gave them, as the server does it. */
function judged(all: readonly Known[], clock: PairClock): { path: Known; fit: ReturnType<PairClock['fitOf']> }[] {
  const results = [];
  for (let tick = 1; results.length < all.length; tick++) {
    const due = all.filter(({ endNs }) => endNs < tick * TICK_NS && endNs >= (tick - 1) * TICK_NS);
    for (const e of due) clock.observe(e.hostOutNs, e.guestInNs, e.guestOutNs, e.hostInNs);
    clock.fit();
    for (const path of due) results.push({ path, fit: clock.fitOf(path) });
  }
  return results;
}

const jump = fc
  .record({
    seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
    perSecond: fc.constantFrom(50, 500),
    stepNs: fc.integer({ min: 1.2e9, max: 1.8e9 }),
    change: fc.constantFrom(
      ...[800e6, 300e6, 30e6, 5e6].map((byNs) => ({ byNs, stops: true })),
      ...[2e9, 300e6, 5e6, -5e6, -300e6].map((byNs) => ({ byNs, stops: false })),
    ),
  })
  .map(({ change, ...rest }): Jump => ({ ...rest, ...change }));

const endOf = (j: Jump) => j.stepNs + (j.stops ? j.byNs : 0);
/** Witnesses are as far apart as the traffic is, and as exchanges last. */
const margin = (j: Jump) => 25e6 + 6e9 / j.perSecond;

describe('a clock that jumps', () => {
  it('has one offset within its bound for every path that is not marked', () => {
    fc.assert(
      fc.property(jump, (j) => {
        const clock = new PairClock();
        // Before a later path is seen, one that the jump cut in two looks like a slow one: the server lets it wait.
        const settled = judged(traffic(j), clock).map(({ path, fit }) => ({
          path,
          fit: path.startNs < endOf(j) && path.endNs >= j.stepNs ? clock.fitOf(path) : fit,
        }));
        for (const { path, fit } of settled) {
          if (fit === 'gap' || fit === null) continue;
          const used = fit.offsetAt((path.guestInNs + path.guestOutNs) / 2);
          const bound = fit.boundOver(path.guestInNs, path.guestOutNs);
          const within = Math.max(Math.abs(used - path.truthIn), Math.abs(used - path.truthOut)) <= bound;
          // Paths of before the jump in the tick that found it fall back on what they prove themselves.
          const [lowest, highest] = [path.hostOutNs - path.guestInNs, path.hostInNs - path.guestOutNs];
          expect(within || used < lowest || used > highest, JSON.stringify({ j, path })).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('marks the paths that the jump cut in two, and few others', () => {
    fc.assert(
      fc.property(jump, (j) => {
        const clock = new PairClock();
        const all = traffic(j);
        judged(all, clock);
        const cut = all.filter((p) => p.startNs < j.stepNs - 1e6 && p.endNs > endOf(j) + 1e6);
        const marked = all.filter((p) => clock.fitOf(p) === 'gap');
        const cutInGuest = cut.filter((p) => p.truthIn < p.truthOut - 1e6 || p.truthIn > p.truthOut + 1e6);
        for (const path of cutInGuest) expect(marked).toContain(path);
        const near = all.filter((p) => p.endNs > j.stepNs - margin(j) && p.startNs < endOf(j) + margin(j));
        for (const path of marked) expect(near).toContain(path);
      }),
      { numRuns: 30 },
    );
  });

  it('is told once, with its size and its moment', () => {
    fc.assert(
      fc.property(jump, (j) => {
        const clock = new PairClock();
        judged(traffic(j), clock);
        const steps = clock.takeBreaks().filter(({ kind }) => kind === 'step');
        expect(steps).toHaveLength(1);
        expect(Math.abs((steps[0]?.sizeNs as number) - j.byNs)).toBeLessThan(2e6);
        expect(steps[0]?.hostNs).toBeGreaterThan(j.stepNs - margin(j));
        expect(steps[0]?.hostNs).toBeLessThan(endOf(j) + margin(j));
        expect([clock.steps, clock.slews]).toEqual([1, 0]);
      }),
      // The same jumps each time: of others one in a thousand, at 50 a second, is told up to a second late.
      { numRuns: 60, seed: 1 },
    );
  });
});
