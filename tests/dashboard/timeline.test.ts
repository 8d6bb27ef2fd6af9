import { describe, expect, it } from 'vitest';
import { timeline } from '../../dashboard/timeline.ts';
import { GUEST_STATIONS, HOST_STATIONS } from '../../server/wire/stations.ts';
import { AT, onePath } from './one-path.ts';

const laneOf = (path: ReturnType<typeof onePath>, clock: string) =>
  timeline(path).lanes.find((lane) => lane.clock === clock)!;

describe('host and guest on one axis', () => {
  it('have each layer in the lane of its clock, and those that need both between them', () => {
    const layers = timeline(onePath()).lanes.map((lane) => [lane.clock, lane.bars.map(({ layer }) => layer)]);
    expect(layers).toEqual([
      ['host', ['nic.in', 'switch.in', 'switch.out', 'nic.out', 'transfer']],
      ['crosses', ['vnic.in', 'vnic.out']],
      ['guest', ['tcp.in', 'wait', 'service', 'tcp.out']],
    ]);
  });

  it('have their own stations, and the host the stretch in which the request was in the VM', () => {
    const { stations, away } = laneOf(onePath(), 'host');
    expect(stations.map(({ station }) => station)).toEqual([...HOST_STATIONS]);
    expect(away).toEqual([AT.get('tap.tx'), AT.get('tap.rx')]);
    expect(laneOf(onePath(['tap.rx']), 'host').away).toBeNull();
    const without = laneOf(onePath(['tcp.rx']), 'guest').stations.map(({ station }) => station);
    expect(without).toEqual(GUEST_STATIONS.filter((station) => station !== 'tcp.rx'));
  });

  it('have round ticks from 0 to no further than their end', () => {
    expect(timeline(onePath())).toMatchObject({ endNs: 12_500, ticks: [0, 5_000, 10_000] });
  });
});
