import { describe, expect, it } from 'vitest';
import { type LayerFacts, layerFacts } from '../../dashboard/layer-facts.ts';
import type { AgentView } from '../../server/wire/machine-views.ts';
import { GUEST_STATIONS, HOST_STATIONS, LAYER_IDS, LAYERS, type Station } from '../../server/wire/stations.ts';
import type { Health, LayerRow } from '../../server/wire/views.ts';

function agent(role: 'host' | 'guest', hostname: string, without: Station[] = []): AgentView {
  const stations = (role === 'host' ? HOST_STATIONS : GUEST_STATIONS).map((station) =>
    without.includes(station)
      ? { station, probe: null, reason: 'not in this kernel' }
      : { station, probe: 'tc', reason: '' },
  );
  return { role, hostname, connected: true, stations } as unknown as AgentView;
}

function health(...agents: AgentView[]): Health {
  const selfCost = { guestNsPerRequest: 1_000, hostNsPerRequest: 200, agentCpu: 0.01 };
  return { agents, selfCost } as unknown as Health;
}

const BOTH = health(agent('host', 'hv1'), agent('guest', 'web1'));
const row = (value: (layer: string) => number | null): LayerRow => {
  const along = LAYER_IDS.map(value);
  return { vm: 'web1', p50: along, p90: along, p99: along, mean: along } as unknown as LayerRow;
};
const ALL = row(() => 10_000);

function factOf(layer: string, ...of: Parameters<typeof layerFacts>): LayerFacts {
  return layerFacts(...of).find((f) => f.layer === layer)!;
}

describe('layerFacts', () => {
  it('bounds the layers that cross clocks, and no other', () => {
    const bounded = layerFacts(ALL, BOTH, 'web1', 500).filter((f) => f.boundNs !== 0);
    expect(bounded.map((f) => [f.layer, f.boundNs])).toEqual([
      ['vnic.in', 500],
      ['vnic.out', 500],
    ]);
    expect(factOf('vnic.in', ALL, BOTH, 'web1', null).boundNs).toBeNull();
  });

  it('says of parts what they are part of, and of all layers where they lie', () => {
    expect(factOf('wait.run', ALL, BOTH, 'web1', 1)).toMatchObject({ of: 'wait', place: 'guest' });
    for (const { layer, place } of LAYERS) {
      expect(factOf(layer, ALL, BOTH, 'web1', 1)).toMatchObject({ of: null, place });
    }
  });

  it('names the station that is missing, with its reason, at both layers that need it', () => {
    const none = row(() => null);
    const without = health(agent('host', 'hv1'), agent('guest', 'web1', ['sock.ready']));
    const named = layerFacts(none, without, 'web1', 500).filter((f) => f.missing?.brief === 'no sock.ready');
    expect(named.filter((f) => f.of === null).map((f) => f.layer)).toEqual(['tcp.in', 'wait']);
    expect(named[0]?.missing).toEqual({
      brief: 'no sock.ready',
      reason: 'station sock.ready is missing: not in this kernel',
      idle: false,
    });
  });

  it('does not blame a station that only another VM’s agent misses', () => {
    const other = health(agent('host', 'hv1'), agent('guest', 'web1'), agent('guest', 'web2', ['sock.ready']));
    expect(factOf('wait', null, other, 'web1', 500).missing).toMatchObject({ brief: 'not seen', idle: true });
    expect(factOf('wait', null, other, 'web2', 500).missing).toMatchObject({ brief: 'no sock.ready' });
  });

  it('gives an absent agent and an absent clock as reasons', () => {
    const alone = health(agent('host', 'hv1'));
    expect(factOf('service', null, alone, 'web1', null).missing?.brief).toBe('no guest agent');
    expect(factOf('nic.in', null, alone, 'web1', null).missing?.brief).toBe('not seen');
    expect(factOf('vnic.in', null, BOTH, 'web1', null).missing?.brief).toBe('no clock');
  });

  it('knows no reason where there is a value', () => {
    expect(layerFacts(ALL, BOTH, 'web1', 500).every((f) => f.missing === null)).toBe(true);
  });

  it('tells the self-cost of the side on which a layer lies, of both where it crosses', () => {
    const ours = (layer: string) => factOf(layer, ALL, BOTH, 'web1', 1).oursNs;
    expect([ours('nic.in'), ours('service'), ours('vnic.in'), ours('wait.run'), ours('client')]).toEqual([
      200,
      1_000,
      1_200,
      1_000,
      null,
    ]);
  });
});
