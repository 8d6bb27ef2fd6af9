import { describe, expect, it } from 'vitest';
import { STEP_IDS, stepAfter, stepNamed, stepsOf } from '../../dashboard/walk.ts';
import { STEP_WORDS } from '../../dashboard/walk-words.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import { onePath } from './one-path.ts';

describe('the steps of a walk', () => {
  it('are the way out, every layer of the sum in its order, and the way back', () => {
    const steps = stepsOf(onePath());
    expect(steps.map(({ id }) => id)).toEqual(['request', ...LAYERS.map(({ layer }) => layer), 'answer']);
    const inside = steps.filter(({ share }) => share !== null);
    expect(inside.reduce((sum, { ns }) => sum + ns!, 0)).toBe(12_500);
    expect(inside.reduce((sum, { share }) => sum + share!, 0)).toBeCloseTo(1);
    expect(inside.filter(({ boundNs }) => boundNs === 250).map(({ id }) => id)).toEqual(['vnic.in', 'vnic.out']);
  });

  it('have half a round trip on the way in and the client’s ACK at the end, both estimated', () => {
    const outside = stepsOf(onePath()).filter(({ isEstimate }) => isEstimate);
    expect(outside.map(({ id, ns, share }) => [id, ns, share])).toEqual([
      ['request', 2_000, null],
      ['answer', 9_000, null],
    ]);
  });

  it('name the station that a step has no time without', () => {
    const step = stepsOf(onePath(['sock.ready'])).find(({ id }) => id === 'wait');
    expect(step).toMatchObject({ ns: null, share: null, fromNs: null, missing: ['sock.ready'] });
  });

  it('are each told in words: what happens, what makes it slow, where to look', () => {
    for (const id of STEP_IDS) {
      const { happens, slow, look } = STEP_WORDS[id];
      expect(happens.length, id).toBeGreaterThan(80);
      expect(Math.min(slow.length, look.length), id).toBeGreaterThan(1);
    }
  });
});

describe('a walk', () => {
  it('begins at either end and does not go beyond them', () => {
    expect(stepAfter(null, 1)).toBe('request');
    expect(stepAfter(null, -1)).toBe('answer');
    expect(stepAfter('request', -1)).toBe('request');
    expect(stepAfter('request', 1)).toBe('nic.in');
    expect(stepAfter('answer', 1)).toBe('answer');
    expect(stepAfter('wait', Number.NEGATIVE_INFINITY)).toBe('request');
    expect(stepAfter('wait', Number.POSITIVE_INFINITY)).toBe('answer');
  });

  it('takes a step from an address only if there is one of that name', () => {
    expect([stepNamed('vnic.in'), stepNamed('vnic'), stepNamed(null)]).toEqual(['vnic.in', null, null]);
  });
});
