import { describe, expect, it } from 'vitest';
import type { Run } from '../../server/run.ts';
import { summarise } from '../../server/summary.ts';
import type { Provenance, VmInfo } from '../../server/wire/messages.ts';
import { RECORD_OFFSETS } from '../../server/wire/record.ts';
import { attached, NOW, NOW_NS } from './attached-pipeline.ts';
import { exchange, hello, VMS } from './exchanges.ts';

describe('the runs of a pipeline', () => {
  it('counts every record to the run in whose stretches its exchange began, late as it may come', () => {
    const { pipeline, host, guest, send, advance } = attached();
    const at = (ms: number) => exchange(ms, { atNs: NOW_NS + BigInt(ms) * 1_000_000n });
    const both = (pairs: ReturnType<typeof at>[]) => {
      send(
        host,
        pairs.map((p) => p.host),
      );
      send(
        guest,
        pairs.map((p) => p.guest),
      );
    };
    const counts = (run: Run) => {
      const { exchanges, unmatched, repeated, pending } = summarise(run, pipeline);
      return { ...exchanges, unmatched: unmatched.host, repeated: repeated.host, pending: pending.host };
    };
    const between = pipeline.runs.current;
    both([at(100), at(200)]);
    advance(1_000);
    const a = pipeline.startRun('a');
    both([at(1_100), at(1_200)]);
    // Begun in a: one is half here when a is left, of the other nothing is.
    const [half, late] = [at(1_300), at(1_400)];
    send(host, [half.host]);
    pipeline.tick();
    expect(counts(a)).toMatchObject({ host: 3, guest: 2, joined: 2, pending: 1 });
    advance(1_000);
    pipeline.resumeRun(between);
    expect(counts(a)).toMatchObject({ host: 2, guest: 2, joined: 2, pending: 0 });
    send(guest, [half.guest]);
    both([late, at(2_100)]);
    // Sent again, and without a partner: they are counted where they come to their end.
    send(host, [late.host]);
    pipeline.tick();
    expect(counts(a)).toMatchObject({ host: 4, guest: 4, joined: 4, complete: 4, repeated: 0 });
    expect(counts(between)).toMatchObject({ host: 4, guest: 3, joined: 3, repeated: 1, pending: 0 });
    advance(1_000);
    pipeline.resumeRun(a);
    both([at(3_100)]);
    pipeline.tick();
    expect(counts(a)).toMatchObject({ host: 5, guest: 5, joined: 5 });
    expect(counts(between)).toMatchObject({ host: 4, guest: 3, joined: 3 });
    expect(pipeline.runs.outside).toBe(0);
    const all = [between, a].map(counts);
    expect(all.reduce((sum, { host: n }) => sum + n, 0)).toBe(pipeline.joiner.counts.host);
  });

  it('begins a run by itself when a machine comes back as another one, and not when it just comes back', () => {
    const { pipeline, host, guest, send, advance } = attached();
    const again = (changes: Partial<Provenance>) => {
      const back = hello('guest', 'token', { agentId: `guest-${advance(1000)}` });
      const agent = pipeline.registry.attach({ ...back, provenance: { ...back.provenance, ...changes } }, NOW);
      pipeline.hello(agent);
    };
    const pair = exchange(1, { atNs: NOW_NS });
    send(host, [pair.host]);
    send(guest, [pair.guest]);
    advance(5000);
    pipeline.tick();
    again({});
    expect(pipeline.runs.all()).toHaveLength(1);
    again({ driver: 'e1000' });
    expect(pipeline.runs.all().map(({ name }) => name)).toEqual(['web1: driver e1000', 'live']);
    expect(summarise(pipeline.runs.find('current') as Run, pipeline).exchanges.joined).toBe(0);
    // Nothing was measured in between.
    again({ driver: 'e1000', offloads: { tso: false } });
    expect(pipeline.runs.all()).toHaveLength(2);
  });

  it('tells of each run the NIC that its own paths used, also of the one that was left', () => {
    const { pipeline, host, guest, send, advance } = attached();
    const [tap] = VMS.vms as [VmInfo];
    pipeline.vms(host, [tap, { ...tap, tap: 'tap1', ifindex: 13, nicModel: 'e1000' }]);
    const nic = { queues: 1, offloads: {}, nicApproach: 'full' } as const;
    guest.hello.nics = [
      { ...nic, ifindex: 2, nic: 'eth0', nicModel: 'virtio-net-pci', driver: 'virtio_net' },
      { ...nic, ifindex: 3, nic: 'eth1', nicModel: '', driver: 'e1000' },
    ];
    const ask = (seq: number, atNs: bigint, ifindex: number, vnic: number) => {
      const pair = exchange(seq, { atNs, ifindex });
      new DataView(pair.guest.buffer).setUint32(RECORD_OFFSETS.ifindex, vnic, true);
      send(host, [pair.host]);
      send(guest, [pair.guest]);
      pipeline.tick();
    };
    const nics = (run: Run) => {
      const { provenance } = summarise(run, pipeline);
      return [provenance.host?.nicModel, provenance.guest?.nicModel, provenance.guest?.driver, provenance.guest?.nic];
    };
    const first = pipeline.runs.current;
    ask(1, NOW_NS, 12, 2);
    const second = pipeline.startRun('e1000');
    advance(1_000);
    ask(2, NOW_NS + 1_000_000_000n, 13, 3);
    expect(nics(second)).toEqual(['e1000', 'e1000', 'e1000', 'eth1']);
    expect(nics(first)).toEqual(['virtio-net-pci', 'virtio-net-pci', 'virtio_net', 'eth0']);
    expect(summarise(second, pipeline).provenance.host?.nicApproach).toBe('full');
    expect(summarise(second, pipeline).provenance.guest).not.toHaveProperty('ifindex');
  });
});
