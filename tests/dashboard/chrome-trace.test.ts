import { describe, expect, it } from 'vitest';
import { chromeTrace } from '../../dashboard/chrome-trace.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import { onePath } from './one-path.ts';

describe('an exchange as a Chrome trace', () => {
  it('has every layer where it lies, µs, in the process of its clock', () => {
    const { traceEvents } = chromeTrace(onePath());
    const sum = LAYERS.map(({ layer }) => traceEvents.find((e) => e.ph === 'X' && e.name === layer)!);
    expect(sum.reduce((us, { dur }) => us + dur!, 0)).toBeCloseTo(12.5);
    expect(sum.find(({ name }) => name === 'wait')).toMatchObject({ ts: 5, dur: 1, pid: 2 });
    expect(sum.find(({ name }) => name === 'vnic.in')).toMatchObject({ pid: 3, args: { ns: 1_000, bound_ns: 250 } });
    const names = traceEvents.filter(({ ph }) => ph === 'M').map(({ args }) => args?.name);
    expect(names).toEqual(['Host', 'VM web1', 'vNIC, between the two clocks (± 250 ns)']);
  });

  it('has the first and last byte of every station as moments', () => {
    const { traceEvents } = chromeTrace(onePath());
    expect(traceEvents.find(({ name }) => name === 'tap.tx first byte')).toMatchObject({ ph: 'i', ts: 2, pid: 1 });
    expect(traceEvents.find(({ name }) => name === 'tap.tx last byte')).toMatchObject({ ph: 'i', ts: 2.5, pid: 1 });
  });

  it('leaves out what has no place, and says when and what it was', () => {
    const { traceEvents, otherData } = chromeTrace(onePath(['sock.ready']));
    expect(traceEvents.some(({ name }) => name === 'wait' || name.startsWith('sock.ready'))).toBe(false);
    expect(otherData).toMatchObject({ id: 'r1.7', started: '2026-01-02T03:04:05.678Z', end_to_end_ns: 12_500 });
  });
});
