import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairClock } from '../../../server/clock/clock.ts';
import type { ClockFit } from '../../../server/clock/fit.ts';

const ppm = fc.double({ min: -60, max: 60, noNaN: true });
const seed = fc.integer({ min: 1, max: 2 ** 31 - 2 });

/** Park and Miller's generator: every run of a seed is the same. */
function uniform(seed: number): () => number {
  let state = seed % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

interface Exchange {
  hostOut: number;
  guestIn: number;
  guestOut: number;
  hostIn: number;
}

/** Exchanges at `rate` per second whose vNIC takes 20 µs and exponential 80 µs more, offset = at0 + rate·t. */
function traffic(options: { seconds: number; rate: number; ppm: number; at0: number; seed: number; startNs?: number }) {
  const random = uniform(options.seed);
  const delay = () => 20_000 - 80_000 * Math.log(1 - random());
  const startNs = options.startNs ?? 0;
  const offset = (guestNs: number) => options.at0 + (options.ppm / 1e6) * (guestNs - startNs);
  const exchanges: Exchange[] = [];
  for (let i = 0; i < options.seconds * options.rate; i++) {
    const guestIn = Math.round(startNs + ((i + random()) / options.rate) * 1e9);
    const guestOut = Math.round(guestIn + 50_000 + random() * 500_000);
    exchanges.push({
      hostOut: Math.floor(guestIn + offset(guestIn) - delay()),
      guestIn,
      guestOut,
      hostIn: Math.ceil(guestOut + offset(guestOut) + delay()),
    });
  }
  return { exchanges, offset };
}

function observeAll(clock: PairClock, exchanges: Exchange[]): void {
  for (const e of exchanges) clock.observe(e.hostOut, e.guestIn, e.guestOut, e.hostIn);
}

function fitted(clock: PairClock): ClockFit {
  const fit = clock.fit();
  if (!fit) throw new Error('the clock has no fit');
  return fit;
}

describe('PairClock', () => {
  it('keeps the truth within its bound over the whole window, at any skew, offset and rate of traffic', () => {
    const at0 = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
    const rate = fc.constantFrom(5, 50, 500, 2000);
    fc.assert(
      fc.property(ppm, at0, rate, seed, (skew, offset0, perSecond, s) => {
        const clock = new PairClock();
        const { exchanges, offset } = traffic({ seconds: 1.5, rate: perSecond, ppm: skew, at0: offset0, seed: s });
        observeAll(clock, exchanges);
        const fit = fitted(clock);
        for (const share of [0, 0.25, 0.5, 0.75, 1]) {
          const guestNs = Math.round(fit.fromNs + share * (fit.toNs - fit.fromNs));
          expect(Math.abs(fit.offsetAt(guestNs) - offset(guestNs))).toBeLessThanOrEqual(fit.boundNs);
        }
        expect(clock.steps).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves no observed exchange of the window with a negative delay', () => {
    fc.assert(
      fc.property(ppm, seed, (skew, s) => {
        const clock = new PairClock();
        const { exchanges } = traffic({ seconds: 2, rate: 700, ppm: skew, at0: 123_456_789, seed: s });
        observeAll(clock, exchanges);
        const fit = fitted(clock);
        const inside = exchanges.filter((e) => e.guestIn >= fit.fromNs && e.guestOut <= fit.toNs);
        expect(inside.length).toBeGreaterThan(600);
        for (const e of inside) {
          expect(e.guestIn + fit.offsetAt(e.guestIn) - e.hostOut).toBeGreaterThanOrEqual(0);
          expect(e.hostIn - e.guestOut - fit.offsetAt(e.guestOut)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('leaves out none of 40,000 exchanges a second, in bounded memory', () => {
    const clock = new PairClock();
    const { exchanges, offset } = traffic({ seconds: 1, rate: 40_000, ppm: -30, at0: 1e9, seed: 21 });
    observeAll(clock, exchanges);
    const fit = fitted(clock);
    expect([clock.crowded, clock.late, clock.inverted]).toEqual([0, 0, 0]);
    expect(fit.points).toBeLessThan(200);
    expect(Math.abs(fit.offsetAt(fit.toNs) - offset(fit.toNs))).toBeLessThanOrEqual(fit.boundNs);
    for (const e of exchanges.filter((x) => x.guestIn >= fit.fromNs && x.guestOut <= fit.toNs)) {
      expect(e.guestIn + fit.offsetAt(e.guestIn)).toBeGreaterThanOrEqual(e.hostOut);
    }
  });

  it('counts what arrives after its part of the window is over', () => {
    const clock = new PairClock();
    clock.observe(2e9, 2e9, 2e9 + 10, 2e9 + 20);
    clock.observe(0, 0, 10, 20);
    expect(clock.late).toBe(2);
  });

  it('has a bound far below the mean delay where the traffic is dense, and finds the rate', () => {
    const clock = new PairClock();
    observeAll(clock, traffic({ seconds: 1, rate: 2000, ppm: 40, at0: 5e9, seed: 7 }).exchanges);
    const fit = fitted(clock);
    expect(fit.boundNs).toBeLessThan(60_000);
    expect(Math.abs(fit.ratePpm - 40)).toBeLessThan(15);
  });

  it('bounds one offset for a whole exchange that lasts longer than the window', () => {
    const clock = new PairClock();
    const { exchanges, offset } = traffic({ seconds: 1, rate: 300, ppm: -45, at0: -77_000, seed: 3, startNs: 9e9 });
    observeAll(clock, exchanges);
    const fit = fitted(clock);
    const from = fit.toNs - 5e9;
    const used = fit.offsetAt((from + fit.toNs) / 2);
    const error = fit.boundOver(from, fit.toNs);
    expect(Math.abs(used - offset(from))).toBeLessThanOrEqual(error);
    expect(Math.abs(used - offset(fit.toNs))).toBeLessThanOrEqual(error);
    expect(error).toBeGreaterThan(fit.boundNs);
  });

  it('gives whole nanoseconds whose own error is a part of the bound when both clocks are far from their base', () => {
    const clock = new PairClock();
    const startNs = 2 ** 52;
    const { exchanges, offset } = traffic({ seconds: 1, rate: 500, ppm: 55, at0: -(2 ** 51), seed: 11, startNs });
    observeAll(clock, exchanges);
    const fit = fitted(clock);
    expect(Number.isInteger(fit.offsetAt(fit.toNs))).toBe(true);
    expect(Math.abs(fit.offsetAt(fit.toNs) - offset(fit.toNs))).toBeLessThanOrEqual(fit.boundNs);
  });

  it.each([3e6, -3e6, 40e9])('counts a step of %d ns once and is right again behind it', (step) => {
    const clock = new PairClock();
    const before = traffic({ seconds: 1, rate: 500, ppm: 10, at0: 1e6, seed: 5 });
    const after = traffic({ seconds: 0.4, rate: 500, ppm: 10, at0: 1e6 + step, seed: 6, startNs: 1.01e9 });
    observeAll(clock, before.exchanges);
    fitted(clock);
    observeAll(clock, after.exchanges);
    const fit = fitted(clock);
    expect(clock.steps).toBe(1);
    expect(fit.fromNs).toBeGreaterThanOrEqual(1e9);
    expect(Math.abs(fit.offsetAt(fit.toNs) - after.offset(fit.toNs))).toBeLessThanOrEqual(fit.boundNs);
    observeAll(clock, before.exchanges.slice(-20));
    fitted(clock);
    expect(clock.steps).toBe(1);
  });

  it.each([-1e6, -400e6, -1e9, -60e9])(
    'counts a guest clock set by %d ns once and is right again behind it',
    (setBy) => {
      const clock = new PairClock();
      observeAll(clock, traffic({ seconds: 1, rate: 500, ppm: 10, at0: 1e6, seed: 5, startNs: 100e9 }).exchanges);
      fitted(clock);
      const startNs = 101.01e9 + setBy;
      const after = traffic({ seconds: 0.2, rate: 500, ppm: 10, at0: 1e6 - setBy, seed: 6, startNs });
      observeAll(clock, after.exchanges);
      const fit = fitted(clock);
      expect(clock.steps).toBe(1);
      for (const e of after.exchanges.slice(50)) {
        expect(Math.abs(fit.offsetAt(e.guestIn) - after.offset(e.guestIn))).toBeLessThanOrEqual(
          fit.boundOver(e.guestIn, e.guestIn),
        );
      }
    },
  );

  it('counts a step that an idle stretch hides', () => {
    const clock = new PairClock();
    observeAll(clock, traffic({ seconds: 1, rate: 500, ppm: 10, at0: 1e6, seed: 5 }).exchanges);
    fitted(clock);
    observeAll(clock, traffic({ seconds: 0.2, rate: 500, ppm: 10, at0: 1e6, seed: 6, startNs: 6e9 }).exchanges);
    fitted(clock);
    expect(clock.steps).toBe(0);
    observeAll(clock, traffic({ seconds: 0.2, rate: 500, ppm: 10, at0: 31e6, seed: 7, startNs: 11e9 }).exchanges);
    fitted(clock);
    expect(clock.steps).toBe(1);
  });

  it('keeps the truth within the bound of every exchange while a clock is slewed by 500 ppm', () => {
    fc.assert(
      fc.property(fc.constantFrom(500, -500), fc.constantFrom(50, 1000), seed, (slewPpm, rate, s) => {
        const random = uniform(s);
        const delay = () => 12_000 - 6000 * Math.log(1 - random());
        const slewed = (t: number) => Math.max(0, Math.min(t, 2.5e9) - 1e9) * (slewPpm / 1e6) + t * 60e-6;
        const clock = new PairClock();
        for (let tick = 0; tick < 20; tick++) {
          const stamps = Array.from({ length: rate / 5 }, (_, i) => {
            const guestIn = Math.round(tick * 200e6 + ((i + random()) / rate) * 1e9);
            const guestOut = guestIn + 300_000;
            const hostOut = Math.floor(guestIn + slewed(guestIn) - delay());
            return { hostOut, guestIn, guestOut, hostIn: Math.ceil(guestOut + slewed(guestOut) + delay()) };
          });
          observeAll(clock, stamps);
          const fit = fitted(clock);
          for (const { guestIn, guestOut } of stamps) {
            const used = fit.offsetAt((guestIn + guestOut) / 2);
            const error = Math.max(Math.abs(used - slewed(guestIn)), Math.abs(used - slewed(guestOut)));
            expect(error).toBeLessThanOrEqual(fit.boundOver(guestIn, guestOut));
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  it('has no fit before both directions were seen', () => {
    const clock = new PairClock();
    expect(clock.fit()).toBeNull();
    clock.observe(1000, 500, Number.NaN, Number.NaN);
    expect(clock.fit()).toBeNull();
    clock.observe(Number.NaN, Number.NaN, 900, 1600);
    expect(fitted(clock).offsetAt(700)).toBe(600);
  });

  it('keeps the last rate where the traffic is too short to tell one', () => {
    const clock = new PairClock();
    observeAll(clock, traffic({ seconds: 1, rate: 2000, ppm: 40, at0: 0, seed: 9 }).exchanges);
    const rate = fitted(clock).ratePpm;
    observeAll(clock, traffic({ seconds: 0.01, rate: 300, ppm: 40, at0: 400_000, seed: 10, startNs: 10e9 }).exchanges);
    const fit = fitted(clock);
    expect(fit.toNs - fit.fromNs).toBeLessThan(20e6);
    expect(fit.ratePpm).toBeCloseTo(rate, 6);
  });

  it('leaves out an exchange whose guest part is longer than the host part around it', () => {
    const clock = new PairClock();
    clock.observe(0, 0, 5000, 4000);
    expect(clock.inverted).toBe(1);
    expect(clock.fit()).toBeNull();
  });
});
