import { describe, expect, it } from 'vitest';
import { agentReportSchema, helloSchema, provenanceViewSchema } from '../../server/schemas.ts';
import { summarySchema } from '../../server/summary-schema.ts';
import { hello, PROVENANCE, stats, VMS } from './exchanges.ts';

const { nic, nicModel, driver, queues, offloads, nicApproach } = PROVENANCE;
const NIC = { ifindex: 2, nic, nicModel, driver, queues, offloads, nicApproach };

describe('agent messages', () => {
  it('pass as an agent writes them', () => {
    const message = hello('guest', 'token');
    expect(helloSchema.parse(message)).toEqual(message);
    expect(helloSchema.parse({ ...message, nics: [NIC] })).toEqual({ ...message, nics: [NIC] });
    expect(agentReportSchema.parse(stats())).toEqual(stats());
    expect(agentReportSchema.parse(VMS)).toEqual(VMS);
  });

  it('of an older agent, which does not tell all readings, are taken as they are', () => {
    const { memoryPressure: _, softirq: __, nic: ___, tapDrops: ____, processes: _____, ...older } = stats();
    expect(agentReportSchema.parse(older)).toEqual(stats());
  });

  it('may carry more than this version knows, which is left out', () => {
    const message = { ...stats(), newer: true };
    expect(agentReportSchema.parse(message)).toEqual(stats());
  });

  it('are cut where they are for people to read, not refused', () => {
    const reason = 'permission denied: '.repeat(100);
    const message = hello('guest', 'token', { stations: [{ station: 'vnic.rx', probe: null, reason }] });
    expect(helloSchema.parse(message).stations[0]?.reason).toBe(reason.slice(0, 512));
    expect(agentReportSchema.parse(stats({ steal: 1.01 }))).toMatchObject({ steal: 1 });
  });

  it.each([
    ['too many counters', stats({ drops: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`d${i}`, 0])) })],
    ['a negative counter', stats({ drops: { 'ring.full': -1 } })],
    ['a counter without a name', stats({ drops: { '': 1 } })],
    ['a fraction of a record', stats({ records: 0.5 })],
    ['a steal that is no number', { ...stats(), steal: 'none' }],
    ['too many VMs', { type: 'vms', vms: Array(257).fill(VMS.vms[0]) }],
    ['an unknown type', { type: 'reboot' }],
  ])('are refused with %s', (_, message) => {
    expect(agentReportSchema.safeParse(message).success).toBe(false);
  });

  it.each([
    ['an unknown role', { role: 'switch' }],
    ['an empty agent id', { agentId: '' }],
    ['a clock that is no number', { clock: { monotonicNs: '12x', realtimeNs: '1' } }],
    ['a station nobody knows', { stations: [{ station: 'nic.xx', probe: null, reason: '' }] }],
    ['too many NICs', { nics: Array(33).fill(NIC) }],
    ['a NIC without a number', { nics: [{ ...NIC, ifindex: undefined }] }],
    ['an approach nobody knows', { provenance: { ...PROVENANCE, approach: 'magic' } }],
  ])('are refused when the hello has %s', (_, changes) => {
    expect(helloSchema.safeParse({ ...hello('host', 'token'), ...changes }).success).toBe(false);
  });
});

describe('summarySchema', () => {
  it('refuses a layer that design.md does not have', () => {
    const layers = summarySchema.shape.layers;
    const nothing = { count: 0, p50: null, p90: null, p99: null, p999: null, mean: null };
    const layer = { layer: 'nic.in', of: null, ...nothing, bound: null };
    expect(layers.safeParse([layer]).success).toBe(true);
    expect(layers.safeParse([{ ...layer, layer: 'nic.sideways' }]).success).toBe(false);
    expect(layers.safeParse([{ ...layer, layer: 'wait.run', of: 'waiting' }]).success).toBe(false);
  });

  it('wants of a provenance at least what the issue names', () => {
    const { nicModel, driver, approach, accelerator, kernel } = PROVENANCE;
    const least = { nicModel, driver, approach, accelerator, kernel };
    expect(provenanceViewSchema.parse(least)).toEqual(least);
    const { kernel: _, ...less } = least;
    expect(provenanceViewSchema.safeParse(less).success).toBe(false);
  });
});
