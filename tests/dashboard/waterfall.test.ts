import { describe, expect, it } from 'vitest';
import { waterfall } from '../../dashboard/waterfall.ts';
import { HOST_STATIONS, LAYERS, STATIONS, type Station } from '../../server/wire/stations.ts';
import type { PathView } from '../../server/wire/views.ts';
import { AT, onePath as path } from './one-path.ts';

const barOf = (of: PathView, layer: string) => waterfall(of).bars.find((bar) => bar.layer === layer)!;

describe('waterfall', () => {
  it('lays the layers of a complete path end to end, in order, over the whole of the time', () => {
    const { bars, endNs, unplaced } = waterfall(path([]));
    const sum = bars.filter((bar) => bar.of === null);
    expect(sum.map((bar) => bar.layer)).toEqual(LAYERS.map((l) => l.layer));
    expect(sum.map((bar) => bar.fromNs)).toEqual([0, ...sum.slice(0, -1).map((bar) => bar.toNs)]);
    expect(sum.at(-1)?.toNs).toBe(endNs);
    expect([endNs, unplaced]).toEqual([12_500, '']);
    expect(sum.every((bar) => bar.place === 'exact')).toBe(true);
  });

  it('bounds the two layers that cross clocks', () => {
    const bounded = waterfall(path([])).bars.filter((bar) => bar.boundNs !== 0);
    expect(bounded.map((bar) => [bar.layer, bar.boundNs])).toEqual([
      ['vnic.in', 250],
      ['vnic.out', 250],
    ]);
  });

  it('shows parts below their layer and inside it, and none that was not measured', () => {
    const { bars } = waterfall(path([]));
    const wait = barOf(path([]), 'wait');
    const parts = bars.filter((bar) => bar.of === 'wait');
    expect(parts.map((bar) => bar.layer)).toEqual(['wait.busy', 'wait.run']);
    expect(parts[0]?.fromNs).toBe(wait.fromNs);
    expect(parts[0]?.toNs).toBe(parts[1]?.fromNs);
    expect(parts[1]?.toNs).toBe(wait.toNs);
    expect(bars.some((bar) => bar.of === 'service')).toBe(false);
  });

  it('spreads a layer without a station over the stretch in which it lies, and names the station', () => {
    const holed = path(['sock.ready']);
    const unknown = { ns: null, place: 'within', missing: ['sock.ready'], toNs: AT.get('app.read') };
    expect(barOf(holed, 'tcp.in')).toMatchObject({ ...unknown, fromNs: AT.get('vnic.rx') });
    // Whatever is not known of it, TCP had the segment before the socket was ready.
    expect(barOf(holed, 'wait')).toMatchObject({ ...unknown, fromNs: AT.get('tcp.rx') });
    expect(barOf(holed, 'service').place).toBe('exact');
  });

  it('puts guest layers somewhere between the taps when no clock tells where', () => {
    const guest = STATIONS.filter((s) => !(HOST_STATIONS as readonly Station[]).includes(s));
    const unclocked = waterfall(path(guest, 'none'));
    const service = unclocked.bars.find((bar) => bar.layer === 'service');
    expect(service).toMatchObject({ place: 'within', fromNs: AT.get('tap.tx'), toNs: AT.get('tap.rx') });
    expect(unclocked.unplaced).toContain('no clock');
    expect(waterfall(path(guest, 'gap')).unplaced).toContain('stepped');
    expect(unclocked.bars.find((bar) => bar.layer === 'switch.in')?.place).toBe('exact');
  });
});
