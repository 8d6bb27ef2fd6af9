import { describe, expect, it } from 'vitest';
import { againstRun, culprit, whySentence } from '../../dashboard/why-slow.ts';
import { LAYER_IDS } from '../../server/wire/stations.ts';
import type { PathView, Summary } from '../../server/wire/views.ts';
import { onePath } from './one-path.ts';

/** Most layers take 900 ns in the median; those of TCP as long as the path's. */
const SUMMARY = {
  layers: LAYER_IDS.map((layer) => ({ layer, p50: layer.startsWith('tcp') ? 2_000 : 900 })),
  endToEnd: { p50: 10_000, p90: 12_000, p99: 20_000, p999: null },
} as unknown as Summary;

function slower(layer: string, ns: number, endToEndNs: number): PathView {
  const path = onePath();
  const layers = path.layers.map((l) => (l.layer === layer ? { ...l, ns } : l));
  return { ...path, layers, endToEndNs };
}

const told = (path: PathView, summary = SUMMARY) =>
  whySentence(path, summary, againstRun(path, summary)).replaceAll('\u00a0', ' ');

describe('a request against its run', () => {
  it('blames the layer that took most longer than its median, with its part of all that took longer', () => {
    const path = slower('service', 2_900, 14_400);
    const rows = againstRun(path, SUMMARY);
    // Seven others took 100 ns longer each, transfer was faster.
    expect(culprit(rows)).toMatchObject({ layer: 'service', medianNs: 900, moreNs: 2_000 });
    expect(rows.find(({ layer }) => layer === 'service')?.shareOfMore).toBeCloseTo(2_000 / 2_700);
    expect(rows.find(({ layer }) => layer === 'transfer')).toMatchObject({ moreNs: -400, shareOfMore: null });
    expect(told(path)).toMatch(/^Slower than 9 of 10 .* \+4\.40 µs .* service took 2\.00 µs more than it usually does/);
  });

  it('says so where the difference is within the clock’s bound', () => {
    expect(told(slower('vnic.in', 1_140, 12_700))).toContain('within its clock’s bound, ± 250 ns');
    expect(told(slower('vnic.in', 9_000, 22_000))).not.toContain('within');
  });

  it('blames nothing for a request that is not slower than the median', () => {
    expect(told({ ...onePath(), endToEndNs: 9_000 })).toBe(
      'Not slower than half of the requests of the run, −1.00 µs against the run’s median of 10.0 µs.',
    );
  });

  it('says nothing of what is in no percentile, or of a run without one', () => {
    expect(told({ ...onePath(), class: 'stream' })).toBe('');
    expect(told({ ...onePath(), endToEndNs: null })).toBe('');
    expect(told(onePath(), { ...SUMMARY, endToEnd: { ...SUMMARY.endToEnd, p50: null } })).toBe('');
  });

  it('has no difference where one of the two is missing', () => {
    const rows = againstRun(onePath(['sock.ready']), SUMMARY);
    expect(rows.find(({ layer }) => layer === 'wait')).toMatchObject({ moreNs: null, shareOfMore: null });
  });
});
