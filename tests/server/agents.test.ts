import { describe, expect, it } from 'vitest';
import { AgentRegistry, REMEMBERED_AGENTS, REMEMBERED_GAPS, TOLERATED_SKEW_MS } from '../../server/agents.ts';
import { hello, stats } from './exchanges.ts';

const NOW = 1_800_000_000_000;

function helloAt(agentId: string, realtimeMs = NOW) {
  const clock = { monotonicNs: '5000000000', realtimeNs: `${realtimeMs}000000` };
  return hello('host', 'token', { agentId, clock });
}

describe('AgentRegistry', () => {
  it('numbers frames across the wrap of their 32-bit sequence', () => {
    const registry = new AgentRegistry();
    const agent = registry.attach(helloAt('a'), NOW);
    const arrivals = [0xfffffffe, 0xffffffff, 0, 0xffffffff, 2].map((n) => registry.arrive(agent, n, 1n, NOW));
    expect(arrivals).toEqual(['next', 'next', 'next', 'duplicate', 'next']);
    expect(registry.counts).toMatchObject({ 'frames.duplicate': 1, 'frames.missing': 1 });
  });

  it('takes the agent at its word about the time, unless it is far off', () => {
    const registry = new AgentRegistry();
    expect(registry.attach(helloAt('right', NOW + 100), NOW).bootMs).toBe(NOW + 100 - 5_000);
    expect(registry.attach(helloAt('wrong', NOW + TOLERATED_SKEW_MS + 1), NOW).bootMs).toBe(NOW - 5_000);
  });

  it('forgets the agent that was gone longest, never one that is attached, and keeps its drops counted', () => {
    const registry = new AgentRegistry();
    const attached = registry.attach(helloAt('attached'), NOW);
    for (let i = 0; i < REMEMBERED_AGENTS + 10; i++) {
      const agent = registry.attach(helloAt(`agent-${i}`), NOW);
      registry.report(agent, stats({ drops: { 'ring.full': 1 } }), NOW);
      registry.detach(agent, NOW);
    }
    expect(registry.all()).toHaveLength(REMEMBERED_AGENTS);
    expect(registry.all()).toContain(attached);
    expect(registry.counts['agents.forgotten']).toBe(11);
    expect(registry.drops().get('host.ring.full')).toBe(REMEMBERED_AGENTS + 10);
    expect(registry.gaps(0)).toHaveLength(REMEMBERED_GAPS);
    expect(registry.counts['gaps.forgotten']).toBe(10);
  });

  it('ends a gap when the agent is back under another id, as after a restart', () => {
    const registry = new AgentRegistry();
    registry.detach(registry.attach(helloAt('before'), NOW), NOW + 10);
    registry.attach(helloAt('after'), NOW + 30);
    expect(registry.gaps(NOW + 30)).toEqual([{ agent: 'host:hv1', fromMs: NOW + 10, toMs: NOW + 30 }]);
    expect(registry.gaps(NOW + 31)).toEqual([]);
    expect(registry.gaps(0, NOW + 9)).toEqual([]);
    expect(registry.counts.gaps).toBe(1);
  });

  it('keeps the gaps of two guests of one name apart, by their boots', () => {
    const registry = new AgentRegistry();
    const twin = (agentId: string, bootId: string) => hello('guest', 'token', { agentId, bootId });
    const first = registry.attach(twin('a', 'boot-a'), NOW);
    const second = registry.attach(twin('b', 'boot-b'), NOW);
    registry.detach(first, NOW + 10);
    registry.detach(second, NOW + 20);
    registry.attach(twin('b2', 'boot-b'), NOW + 30);
    const open = { agent: 'guest:web1', fromMs: NOW + 10, toMs: null };
    expect(registry.gaps(0)).toEqual([open, { ...open, fromMs: NOW + 20, toMs: NOW + 30 }]);
    // A boot nobody knows may be anybody while its namesake is there.
    registry.attach(twin('c', 'boot-c'), NOW + 40);
    expect(registry.gaps(0)[0]).toEqual(open);
    registry.attach(twin('a', 'boot-a'), NOW + 50);
    expect(registry.gaps(0)[0]?.toMs).toBe(NOW + 50);
  });

  it('ends the gap of a machine that booted anew, where only one has its name', () => {
    const registry = new AgentRegistry();
    registry.detach(registry.attach(helloAt('before'), NOW), NOW + 10);
    registry.attach({ ...helloAt('after'), bootId: 'another-boot' }, NOW + 30);
    expect(registry.gaps(0)).toEqual([{ agent: 'host:hv1', fromMs: NOW + 10, toMs: NOW + 30 }]);
  });

  it('lets a gap last while a machine has only sent what a killed agent left, and begins no gap when that is done', () => {
    const registry = new AgentRegistry();
    registry.detach(registry.attach(helloAt('before'), NOW), NOW + 10);
    const left = registry.attach({ ...helloAt('before'), killed: true }, NOW + 30);
    expect(registry.gaps(0)).toEqual([{ agent: 'host:hv1', fromMs: NOW + 10, toMs: null }]);
    registry.attach(helloAt('after'), NOW + 40);
    registry.detach(left, NOW + 50);
    expect(registry.gaps(0)).toEqual([{ agent: 'host:hv1', fromMs: NOW + 10, toMs: NOW + 40 }]);
  });

  it('counts what a killed agent dropped and reported to nobody, by its frames, and nothing twice', () => {
    const registry = new AgentRegistry();
    const agent = registry.attach(helloAt('a'), NOW);
    registry.report(agent, stats({ drops: { 'uplink.buffer': 3, 'ring.full': 1 } }), NOW);
    agent.lost = 2;
    expect(registry.drops().get('host.uplink.buffer')).toBe(3);
    agent.lost = 8;
    expect(Object.fromEntries(registry.drops())).toEqual({ 'host.uplink.buffer': 8, 'host.ring.full': 1 });
  });

  it('does not take the agent of another role for the one that is away', () => {
    const registry = new AgentRegistry();
    const bootId = 'one-boot';
    registry.detach(registry.attach({ ...helloAt('host'), bootId }, NOW), NOW + 10);
    const provenance = { ...helloAt('x').provenance };
    registry.attach({ ...hello('guest', 'token', { agentId: 'guest', bootId }), provenance }, NOW + 30);
    expect(registry.gaps(0)[0]?.toMs).toBeNull();
  });

  it('measures the CPU of an agent between two of its reports', () => {
    const registry = new AgentRegistry();
    const agent = registry.attach(helloAt('a'), NOW);
    registry.report(agent, stats({ cpuUs: 1_000 }), NOW);
    expect(agent.cpuShare).toBeNull();
    registry.report(agent, stats({ cpuUs: 51_000 }), NOW + 1_000);
    expect(agent.cpuShare).toBe(0.05);
  });
});
