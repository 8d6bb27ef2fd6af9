import { describe, expect, it } from 'vitest';
import { blockPattern, seededRandom } from '../../lab/plant-blocks.ts';
import { floorOf, JUDGED_LAYERS, lowerHalfMean, pooledNoise, shiftsOf, verdictOf } from '../../lab/plant-verdict.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import type { PathView } from '../../server/wire/views.ts';

const random = seededRandom(11);
const PLAN = { fromMs: 5000, blockMs: 300, blocks: blockPattern(6, random) };
const TYPICAL_NS: Record<string, number> = { wait: 600_000, service: 800_000, 'vnic.in': 350_000 };

/** Paths as a busy emulated guest gives them: every layer with a tail, one of them longer in the planted blocks. */
function paths(layer: string, delayNs: number): PathView[] {
  const atMs = Array.from({ length: 120 }, (_, n) => PLAN.fromMs + n * 30);
  return atMs.map((at) => {
    const planted = PLAN.blocks[Math.floor((at - PLAN.fromMs) / PLAN.blockMs)];
    const layers = JUDGED_LAYERS.map((name) => {
      const typicalNs = TYPICAL_NS[name] ?? 10_000;
      const ns = typicalNs * (1 + 0.1 * random() - (random() < 0.1 ? 5 * Math.log(1 - random()) : 0));
      return { layer: name, ns: ns + (planted && name === layer ? delayNs : 0), boundNs: 0 };
    });
    return { atMs: at, complete: true, layers } as unknown as PathView;
  });
}

const shifts = (layer: string, delayNs: number) => shiftsOf(paths(layer, delayNs), PLAN);

describe('verdictOf', () => {
  it.each(JUDGED_LAYERS)('names %s and how much it grew', (layer) => {
    const { named, sizeNs } = verdictOf(shifts(layer, 2e6));
    expect(named).toBe(layer);
    expect(Math.abs(sizeNs! - 2e6)).toBeLessThan(100_000);
  });

  it('names no layer where nothing was planted', () => {
    const clean = Array.from({ length: 50 }, () => shifts('none', 0));
    const pooled = pooledNoise(clean);
    expect(clean.map((each) => verdictOf(each, pooled).named)).toEqual(new Array(50).fill(null));
  });

  it('names no layer that shrank', () => {
    const pooled = pooledNoise(Array.from({ length: 20 }, () => shifts('none', 0)));
    expect(verdictOf(shifts('service', -500_000), pooled).named).toBeNull();
  });

  it('stays silent below what noise does to the layer elsewhere', () => {
    const pooled = new Map(JUDGED_LAYERS.map((layer) => [layer, 200_000]));
    expect(verdictOf(shifts('wait', 500_000)).named).toBe('wait');
    expect(verdictOf(shifts('wait', 500_000), pooled).named).toBeNull();
    expect(verdictOf(shifts('wait', 2e6), pooled).named).toBe('wait');
  });

  it('stays silent below what the tracer itself takes', () => {
    const quiet = (shiftNs: number) => ({
      ...{ planted: 100, clean: 100 },
      layers: [{ layer: 'nic.in', withoutNs: 1000, withNs: 1000 + shiftNs, shiftNs, noiseNs: 100 }],
    });
    expect(verdictOf(quiet(5_000)).named).toBeNull();
    expect(verdictOf(quiet(15_000)).named).toBe('nic.in');
  });

  it('names no layer without paths', () => {
    expect(verdictOf(shiftsOf([], PLAN)).named).toBeNull();
  });
});

describe('shiftsOf', () => {
  it('counts the paths of planted and clean blocks', () => {
    const { planted, clean } = shifts('wait', 1e6);
    expect(planted).toBeGreaterThan(30);
    expect(clean).toBeGreaterThan(30);
  });

  it('says how large shifts are without a plant', () => {
    const all = Array.from({ length: 200 }, () => shifts('none', 0));
    const wait = all.map(({ layers }) => layers.find(({ layer }) => layer === 'wait')!.shiftNs);
    const deviation = Math.sqrt(wait.reduce((sum, ns) => sum + ns * ns, 0) / wait.length);
    const noiseNs = pooledNoise(all).get('wait')!;
    expect(noiseNs / deviation).toBeGreaterThan(0.7);
    expect(noiseNs / deviation).toBeLessThan(1.4);
  });
});

describe('floorOf', () => {
  it('is four deviations, of this plant or of all of them', () => {
    const shift = { layer: 'wait', withoutNs: 0, withNs: 0, shiftNs: 0, noiseNs: 20 };
    expect(floorOf(shift, new Map())).toBe(80);
    expect(floorOf(shift, new Map([['wait', 10]]))).toBe(80);
    expect(floorOf(shift, new Map([['wait', 30]]))).toBe(120);
  });
});

describe('lowerHalfMean', () => {
  it('leaves out what is above the median', () => {
    expect(lowerHalfMean([4, 1, 3, 2, 500])).toBe(2);
    expect(lowerHalfMean([1, 2, 300, 400])).toBe(1.5);
    expect(lowerHalfMean([7])).toBe(7);
    expect(lowerHalfMean([])).toBeNaN();
  });
});

describe('JUDGED_LAYERS', () => {
  it('are the layers of the sum', () => {
    const summed = LAYERS.filter(({ from, to }) => from !== to).map(({ layer }) => layer);
    expect(JUDGED_LAYERS).toEqual(summed);
  });
});
