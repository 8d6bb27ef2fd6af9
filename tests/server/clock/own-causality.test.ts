import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withinOwnCausality } from '../../../server/clock/own-causality.ts';

const ns = fc.integer({ min: 0, max: 1_000_000_000 });
const offsets = fc.integer({ min: -2_000_000_000, max: 2_000_000_000 });

describe('withinOwnCausality', () => {
  it('keeps an offset that the exchange allows', () => {
    expect(withinOwnCausality(50, 100, 60, 80, 200)).toBe(50);
  });

  it('moves one that would let a request arrive before it left', () => {
    expect(withinOwnCausality(30, 100, 60, 80, 200)).toBe(40);
  });

  it('moves one that would let a response arrive before it left', () => {
    expect(withinOwnCausality(130, 100, 60, 80, 200)).toBe(120);
  });

  it('leaves the offset alone where a station is missing or the two directions contradict', () => {
    expect(withinOwnCausality(-7, Number.NaN, 60, 80, Number.NaN)).toBe(-7);
    expect(withinOwnCausality(-7, 100, 60, 80, 90)).toBe(-7);
  });

  it('never moves an estimate away from the truth, and leaves no negative direction', () => {
    fc.assert(
      fc.property(ns, ns, ns, ns, offsets, offsets, (hostOut, inDelay, inside, outDelay, truth, guess) => {
        const guestIn = hostOut + inDelay - truth;
        const guestOut = guestIn + inside;
        const hostIn = guestOut + truth + outDelay;
        const offset = withinOwnCausality(guess, hostOut, guestIn, guestOut, hostIn);
        expect(Math.abs(offset - truth)).toBeLessThanOrEqual(Math.abs(guess - truth));
        expect(guestIn + offset - hostOut).toBeGreaterThanOrEqual(0);
        expect(hostIn - (guestOut + offset)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
