import { describe, expect, it } from 'vitest';
import { PLANT_LAYERS } from '../../lab/plant-points.ts';
import { JUDGED_LAYERS, type Shifts } from '../../lab/plant-verdict.ts';
import { type Answer, SealedAnswers, schedule } from './attribution-schedule.ts';
import { score } from './attribution-score.ts';
import { missedTargets } from './attribution-table.ts';

const PLAN = { sizesMs: [1, 10], repeats: 2, controls: 5, pairs: 6 };
const NOISE_NS = 20_000;
const POOLED = new Map(JUDGED_LAYERS.map((layer) => [layer, NOISE_NS]));

/** Shifts as `grown` says, the other layers still. */
function shifts(grown: Record<string, number>): Shifts {
  const layers = JUDGED_LAYERS.map((layer) => {
    const shiftNs = grown[layer] ?? 0;
    return { layer, withoutNs: 500_000, withNs: 500_000 + shiftNs, shiftNs, noiseNs: NOISE_NS };
  });
  return { layers, planted: 40, clean: 40 };
}

const WAIT: Answer = { id: 0, layer: 'wait', delayMs: 2, trueNs: 2_010_000 };
const CONTROL: Answer = { id: 1, layer: 'wait', delayMs: 0, trueNs: null };

function missed(...scores: ReturnType<typeof score>[]): string[] {
  return missedTargets([{ nic: 'e1000', pooled: POOLED, scores, repeated: 0 }]);
}

describe('schedule', () => {
  const cells = schedule(PLAN, 3);

  it('is the same for the same seed, and another for another', () => {
    expect(schedule(PLAN, 3)).toEqual(cells);
    expect(schedule(PLAN, 4)).not.toEqual(cells);
  });

  it('has every layer and size as often as asked, and the controls among them', () => {
    const plants = cells.filter(({ delayMs }) => delayMs > 0).map(({ layer, delayMs }) => `${layer} ${delayMs}`);
    const wanted = PLANT_LAYERS.flatMap((layer) => PLAN.sizesMs.flatMap((ms) => [`${layer} ${ms}`, `${layer} ${ms}`]));
    expect(plants.toSorted()).toEqual(wanted.toSorted());
    expect(cells.length - plants.length).toBe(PLAN.controls);
    expect(cells.map(({ id }) => id)).toEqual(cells.map((_, n) => n));
  });
});

describe('SealedAnswers', () => {
  it('gives back what was sealed, once', () => {
    const sealed = new SealedAnswers();
    sealed.seal(WAIT);
    sealed.seal(CONTROL);
    expect([...sealed.open().values()]).toEqual([WAIT, CONTROL]);
    expect(() => sealed.open()).toThrow();
  });
});

describe('score', () => {
  it('holds where the planted layer grew by what was planted', () => {
    const right = score('e1000', shifts({ wait: 2_050_000 }), WAIT, POOLED);
    expect(right).toMatchObject({ named: 'wait', resolvable: true, errorNs: 40_000, sizeHolds: true, leak: null });
    expect(missed(right)).toEqual([]);
  });

  it('misses where another layer grew more', () => {
    const wrong = score('e1000', shifts({ wait: 500_000, service: 1_500_000 }), WAIT, POOLED);
    expect(wrong).toMatchObject({ named: 'service', errorNs: null, sizeHolds: false });
    expect(missed(wrong).join()).toContain('0.0 % of the plants were named first');
  });

  it('misses where the size is off by more than a tenth and 100 µs', () => {
    expect(missed(score('e1000', shifts({ wait: 2_250_000 }), WAIT, POOLED)).join()).toContain('of the sizes');
    expect(missed(score('e1000', shifts({ wait: 2_200_000 }), WAIT, POOLED))).toEqual([]);
  });

  it('misses where more than 5 % appears in another layer, unless that is its noise', () => {
    const leaking = score('e1000', shifts({ wait: 2e6, 'tcp.in': 150_000 }), WAIT, POOLED);
    expect(leaking.leak).toMatchObject({ layer: 'tcp.in', ns: 150_000 });
    expect(missed(leaking).join()).toContain('leak 5 % or less');
    expect(score('e1000', shifts({ wait: 2e6, 'tcp.in': 79_000 }), WAIT, POOLED).leak).toBeNull();
  });

  it('misses where a clean control is given a name', () => {
    const clean = score('e1000', shifts({}), CONTROL, POOLED);
    expect(clean).toMatchObject({ layer: 'none', named: null });
    const ghost = score('e1000', shifts({ wait: 90_000 }), CONTROL, POOLED);
    const right = score('e1000', shifts({ wait: 2e6 }), WAIT, POOLED);
    expect(missed(right, clean)).toEqual([]);
    expect(missed(right, ghost).join()).toContain('1 plants were named in clean controls');
  });

  it('says that the machine is too noisy where plants drown', () => {
    const noisy = new Map(JUDGED_LAYERS.map((layer) => [layer, 1e6]));
    const drowned = score('e1000', shifts({ wait: 2e6 }), WAIT, noisy);
    expect(drowned.resolvable).toBe(false);
    expect(missed(drowned).join()).toContain('lost in the noise of this machine');
  });

  it('judges nothing by a plant during which the machine stood still', () => {
    const ghost = score('e1000', shifts({ service: 3e6 }), CONTROL, POOLED, true);
    const wrong = score('e1000', shifts({ service: 3e6 }), WAIT, POOLED, true);
    const right = Array.from({ length: 20 }, () => score('e1000', shifts({ wait: 2e6 }), WAIT, POOLED));
    expect(missed(...right, ghost, wrong)).toEqual([]);
  });
});
