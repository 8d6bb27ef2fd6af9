import { describe, expect, it } from 'vitest';
import { knownAxis, lanesOf, textAt, timeTicks, untold } from '../../dashboard/episode-lanes.ts';
import {
  compareWithBaseline,
  exemplars,
  layersOf,
  liveAddress,
  mainRun,
  reportAddress,
  reportName,
  requestAddress,
  requestsAddress,
  runOf,
} from '../../dashboard/episode-links.ts';
import { readingText, sideRows, sideSaid } from '../../dashboard/verdict-words.ts';
import { type EpisodeData, type EpisodeRow, type EpisodeVerdict, PARTS } from '../../server/wire/episode-views.ts';

const MINUTE_MS = 60_000;
const FIRST = 29_000_000;
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

function row(id: string, minute: number, endToEndNs: number, changes: Partial<EpisodeRow> = {}): EpisodeRow {
  return {
    ...{ id, atMs: (FIRST + minute) * MINUTE_MS, good: false, status: 200, request: 'GET /', vm: 'shop', endToEndNs },
    ...{ parts: PARTS.map(() => 1), upstreamNs: null, runDelayNs: null, retransmits: 0, boundNs: 500, ...changes },
  };
}

/** Four minutes known of an hour before, of which the last is the breach. */
function data(changes: Partial<EpisodeData> = {}): EpisodeData {
  const at = (minute: number) => (FIRST + minute) * MINUTE_MS;
  return {
    ...{ objective: 'fast', service: 'web', promise: 'all are fast', target: 0.99, isAboutTime: true },
    window: { fromMs: at(3), toMs: at(4) },
    baseline: { fromMs: at(-57), toMs: at(3) },
    minutes: [0, 1, 3].map((minute) => [FIRST + minute, 100, minute === 3 ? 40 : 100, 0, 0, 0, 0]),
    notMeasured: [FIRST + 2],
    bad: [row('r2.9', 3, 900, { retransmits: 2 }), row('r2.8', 3, 800, { boundNs: 9_000 })],
    usual: Array.from({ length: 9 }, (_, i) => row(`r1.${i}`, 0, 10 * i, { good: true })),
    slowest: [row('r2.9', 3, 900, { retransmits: 2 }), row('r1.8', 0, 80, { good: true })],
    lanes: [{ gauge: 'vcpu.delay', vm: 'shop', minutes: [[FIRST + 3, 60, 30_000_000]] }],
    neighbours: [{ gauge: 'vcpu.time', vm: 'hog', minutes: [[FIRST + 3, 60, 60_000_000]] }],
    ...{ marks: [], lost: [[FIRST + 3, 7]], isSampled: false, ...changes },
  };
}

describe('the lanes of a breach', () => {
  it('begin where something is known, and end with the breach', () => {
    expect(knownAxis(data())).toEqual({ from: FIRST, to: FIRST + 4 });
    const nothing = data({ minutes: [], lanes: [], neighbours: [], notMeasured: [] });
    expect(knownAxis(nothing)).toEqual({ from: FIRST + 3, to: FIRST + 4 });
  });

  it('have every minute of requests, readings, losses and clocks, and none where nobody told', () => {
    const all = lanesOf(data(), knownAxis(data()));
    const told = Object.fromEntries(all.map((lane) => [lane.key, [0, 1, 2, 3].map((i) => plain(textAt(lane, i)))]));
    expect(told).toEqual({
      requests: ['100', '100', '–', '100, 60 bad'],
      'vcpu.delay shop': ['–', '–', '–', '0.50 s/s'],
      'vcpu.time hog': ['–', '–', '–', '1.00 s/s'],
      retransmits: ['0.00', '–', '–', '1.00'],
      lost: ['0', '0', '0', '7'],
      clock: ['± 500 ns', '–', '–', '± 9.00 µs'],
    });
    expect(all.every(({ most, values }) => values.every((value) => (value ?? 0) <= most))).toBe(true);
    // Only programs that take much are told of: that one is missing says nothing.
    expect(untold(data())).toHaveLength(12);
    expect(untold(data()).join()).not.toMatch(/program/i);
  });

  it('have their times written where there is room', () => {
    expect(timeTicks({ from: FIRST, to: FIRST + 60 }, 600, 64)).toHaveLength(6);
    expect(timeTicks({ from: FIRST, to: FIRST + 7 * 1_440 }, 390, 64).length).toBeLessThanOrEqual(7);
  });
});

describe('the ways from a breach', () => {
  it('lead to a request in its own run, and to the layers that a part is made of', () => {
    expect(runOf('r12.345')).toBe('r12');
    expect(requestAddress('r12.345', 'vnic.in')).toBe('/requests?run=r12&layer=vnic.in&id=r12.345');
    expect(layersOf('vnic')).toEqual(['vnic.in', 'vnic.out']);
    expect(layersOf('service')).toEqual(['service']);
  });

  it('lead to a comparison of both stretches, of two runs or of one', () => {
    expect(mainRun(data().bad)).toBe('r2');
    const [from, onset, to] = [-57, 3, 4].map((minute) => (FIRST + minute) * 60);
    const compared = (address: string | null) => [...new URL(address!, 'http://x').searchParams];
    expect(compared(compareWithBaseline(data()))).toEqual([
      ['a', `r1@${from}-${onset}`],
      ['b', `r2@${onset}-${to}`],
    ]);
    expect(compared(compareWithBaseline(data({ usual: data().bad })))[0]).toEqual(['a', `r2@${from}-${onset}`]);
    expect(compareWithBaseline(data({ bad: [] }))).toBeNull();
  });

  it('ask for whole seconds that hold the breach, and name its report', () => {
    const stretch = { fromMs: 1_800_000_000_500, toMs: 1_800_000_060_001 };
    expect(reportAddress('web fast', stretch)).toBe('/api/slo/report?from=1800000000&to=1800000061&objective=web+fast');
    const long = new URL(reportAddress('fast', { ...stretch, fromMs: 0 }), 'http://localhost').searchParams;
    expect(Number(long.get('to')) - Number(long.get('from'))).toBeLessThanOrEqual(7 * 86_400);
    expect(requestsAddress('r1', stretch)).toBe('/requests?run=r1&from=1800000000&to=1800000061');
    expect(liveAddress('r1', stretch)).toBe('/?run=r1&from=1800000000&to=1800000061');
    expect(reportName('web/fast', Date.UTC(2026, 10, 23, 9, 40))).toBe('hopscope-web-fast-2026-11-23T0940Z.html');
  });

  it('show the slowest bad requests once each, and usual ones from the middle', () => {
    const { bad, usual } = exemplars(data(), 3);
    expect(bad.map(({ id }) => id)).toEqual(['r2.9', 'r2.8']);
    expect(usual.map(({ id }) => id)).toEqual(['r1.3', 'r1.4', 'r1.5']);
  });
});

describe('a verdict', () => {
  const part = (name: 'vnic' | 'transfer', side: 'platform' | null, permille: number | null) =>
    ({ part: name, side, excessNs: 1, lowNs: 0, highNs: 2, permille }) as const;
  const verdict = (changes: Partial<EpisodeVerdict>) => changes as EpisodeVerdict;

  it('names side and part, and says plainly where it names none', () => {
    expect(sideSaid(verdict({ side: 'platform', part: 'vnic' })).text).toBe('Platform: vNIC, both ways');
    expect(sideSaid(verdict({ side: 'tenant', part: null })).text).toBe('Tenant: no single layer');
    expect(sideSaid(verdict({ side: 'undetermined', part: null })).text).toBe('Undetermined');
    expect(sideSaid(verdict({ side: 'platform', part: 'steal' })).text).toContain('steal');
  });

  it('has sides that add up to all of it, what is neither’s included', () => {
    const sides = [
      { side: 'platform', permille: 900, low: 880, high: 920 },
      { side: 'tenant', permille: 60, low: 50, high: 70 },
    ] as const;
    const rows = sideRows({ sides: [...sides], parts: [part('vnic', 'platform', 900), part('transfer', null, 40)] });
    expect(rows.map(({ key, permille }) => [key, permille])).toEqual([
      ...[['platform', 900] as const, ['tenant', 60] as const, ['neither', 40] as const],
    ]);
    expect(sideRows({ sides: [], parts: [part('vnic', 'platform', null)] })).toEqual([]);
  });

  it('has evidence with units', () => {
    const read = (value: number | null, unit: string) => plain(readingText(value, unit));
    expect(read(null, 'ns')).toBe('–');
    expect(read(1_500_000, 'ns')).toBe('1.50 ms');
    expect(read(60_000, '± ns')).toBe('± 60.0 µs');
    expect(read(0.123, 'of its time')).toBe('12.3 %');
    expect(read(0.35, 's per s')).toBe('0.350 s per s');
    expect(read(0, '')).toBe('0');
  });
});
