import { describe, expect, it } from 'vitest';
import { comparisonCsv } from '../../dashboard/compare-csv.ts';
import {
  absentLayers,
  bestQuantile,
  boxRows,
  layerColour,
  layerName,
  quantilesOf,
  shiftRows,
} from '../../dashboard/compare-rows.ts';
import { compareRuns } from '../../server/compare/comparison.ts';
import { curvesOf, PROBABILITIES } from '../../server/compare/curves.ts';
import { digestOf } from '../../server/compare/run-digest.ts';
import type { CompareView } from '../../server/wire/compare-views.ts';
import { comparedRun } from '../server/compare/compared-run.ts';

const a = comparedRun('virtio-net-pci', 1);
const b = comparedRun('e1000', 2, { 'vnic.in': 60_000, wait: -20_000 });
const comparison = compareRuns(a, b, { seed: 1, force: false });
const layers = ['end to end', 'vnic both', 'vnic.in', 'service', 'wait'];
const curves = curvesOf(digestOf(a, 2).curves, digestOf(b, 2).curves);
const view: CompareView = {
  comparison,
  probabilities: [...PROBABILITIES],
  curves: layers.map((name) => curves.find(({ layer }) => layer === name)!),
};

describe('shiftRows', () => {
  it('are the shifts of one quantile in the order of the path, with what can be told and their share', () => {
    const rows = shiftRows(comparison, 'p50');
    expect(rows.map(({ layer }) => layer).slice(0, 4)).toEqual(['end to end', 'nic.in', 'switch.in', 'vnic both']);
    expect(rows.every(({ quantile }) => quantile === 0.5)).toBe(true);
    const row = (layer: string) => rows.find((each) => each.layer === layer)!;
    expect([row('vnic both'), row('wait'), row('service')].map(({ verdict }) => verdict)).toEqual([
      'slower',
      'faster',
      'open',
    ]);
    expect(row('vnic both').share).toBeGreaterThan(1);
    expect(row('end to end').share).toBeNull();
  });
});

describe('quantilesOf and bestQuantile', () => {
  it('offer what there are requests enough for, and p99 unless something else was asked', () => {
    const there = quantilesOf(comparison);
    expect(there).toEqual(['p50', 'p90', 'p99']);
    expect(bestQuantile(null, there)).toBe('p99');
    expect(bestQuantile('p90', there)).toBe('p90');
    expect(bestQuantile('p99.9', there)).toBe('p99');
    expect(bestQuantile('p99', ['p50', 'p90'])).toBe('p90');
  });
});

describe('boxRows', () => {
  it('look up what the curves tell, whiskers outside of boxes', () => {
    const rows = boxRows(view);
    expect(rows.map(({ layer }) => layer)).toEqual(layers);
    const { a: curve } = view.curves[0]!;
    expect(rows[0]!.a).toEqual([0.05, 0.25, 0.5, 0.75, 0.95].map((p) => curve[Math.round(p * 100) - 1]));
    for (const { a: box } of rows) expect(box).toEqual(box.toSorted((x, y) => x - y));
  });
});

describe('names', () => {
  it('are those of the live page', () => {
    expect(layerName('vnic both')).toBe('vnic in + out');
    expect(layerName('tcp.in')).toBe('tcp.in');
    expect(['end to end', 'vnic both', 'tcp.in'].map(layerColour)).toEqual([
      'text',
      'place-hypervisor',
      'layer-tcp-in',
    ]);
  });

  it('of layers that one of the runs lacks are told', () => {
    expect(absentLayers(view)).toContain('client');
    expect(absentLayers(view)).not.toContain('service');
  });
});

describe('comparisonCsv', () => {
  it('has a row for every shift, and the digits of the API', () => {
    const [head, ...rows] = comparisonCsv(comparison).trimEnd().split('\r\n');
    expect(head!.split(',')).toHaveLength(11);
    expect(rows).toHaveLength(comparison.shifts.length);
    const [first] = comparison.shifts;
    expect(rows[0]).toBe(
      ['end to end', 0.5, first!.a, first!.b, first!.shift, first!.low, first!.high, first!.bandLow, first!.bandHigh]
        .concat(first!.detectable, '')
        .join(','),
    );
  });
});
