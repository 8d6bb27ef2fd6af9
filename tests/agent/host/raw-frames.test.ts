import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOST_STATIONS } from '../../../server/wire/stations.ts';
import { FLAGS, frameOf, RawLink } from '../raw-link.ts';
import { CLIENT, SwitchedHost, VM } from '../switched-host.ts';
import { TracedHost } from '../traced-host.ts';

/** Nobody listens here: the frames pass the VM's NIC and no stack answers them. */
const UNHEARD = '10.79.0.77';
const PORT = 80;
let network: SwitchedHost;
let traced: TracedHost;
let client: RawLink;
let vm: RawLink;
let sourcePort = 20_000;

beforeAll(() => {
  network = new SwitchedHost();
  client = new RawLink(network.client, 'eth0');
  vm = new RawLink(network.vm, 'eth0');
});
beforeEach(() => {
  traced = new TracedHost(network, [PORT]);
  sourcePort += 1;
});
afterEach(() => traced?.close());
afterAll(() => {
  client?.close();
  vm?.close();
  network?.remove();
});

function request(seq: number, payload: number, vlan?: number): void {
  client.send(frame('request', seq, payload, vlan));
}

function response(seq: number, payload: number, vlan?: number): void {
  vm.send(frame('response', seq, payload, vlan));
}

function frame(direction: 'request' | 'response', seq: number, payload: number, vlan?: number): Buffer {
  const ends = [
    { mac: CLIENT.mac, v4: CLIENT.v4, port: sourcePort },
    { mac: VM.mac, v4: UNHEARD, port: PORT },
  ] as const;
  const [from, to] = direction === 'request' ? ends : ([ends[1], ends[0]] as const);
  return frameOf({ from, to, seq, payload, flags: FLAGS.push, ...(vlan === undefined ? {} : { vlan }) });
}

describe('the host stations, frame by frame', () => {
  it.each(['on', 'off'])('see through a VLAN tag at every station, hardware tagging %s', async (offload) => {
    network.host.run('ethtool', '-K', 'nic0', 'tx-vlan-offload', offload);
    request(1_000, 100, 7);
    response(5_000, 300, 7);
    network.host.run('ethtool', '-K', 'nic0', 'tx-vlan-offload', 'on');
    const [record, ...others] = await traced.settle();
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      requestBytes: 100,
      responseBytes: 300,
      clientPort: sourcePort,
      flags: ['midstream'],
    });
    for (const station of HOST_STATIONS) expect(record!.first[station], station).toBeGreaterThan(0n);
  });

  it('take the tracepoint where the XDP hook of the NIC is taken, say why, and see through a VLAN tag there too', async () => {
    const second = new TracedHost(network, [PORT]);
    expect(second.stations[0]).toEqual({
      station: 'nic.rx',
      probe: 'tp_btf/netif_receive_skb',
      reason: expect.stringMatching(/^xdp: EBUSY/),
    });
    for (const [seq, vlan] of [
      [1_000, 7],
      [1_100, undefined],
    ] as const) {
      request(seq, 100, vlan);
      response(seq, 300, vlan);
    }
    const records = await second.settle();
    second.close();
    expect(records).toHaveLength(2);
    for (const record of records) {
      for (const station of HOST_STATIONS) expect(record.first[station], station).toBeGreaterThan(0n);
    }
    expect(await traced.settle()).toHaveLength(2);
  });

  it('flag a request that passes twice, and count its bytes once', async () => {
    request(1_000, 100);
    request(1_000, 100);
    response(5_000, 300);
    const [record, ...others] = await traced.settle();
    expect(others).toEqual([]);
    expect(record).toMatchObject({ requestBytes: 100, responseBytes: 300, flags: ['retransmit', 'midstream'] });
    expect(record!.last['nic.rx']).toBeGreaterThan(record!.first['nic.rx']);
  });

  it('flag a response that passes twice, and count its bytes once', async () => {
    request(1_000, 100);
    for (const seq of [5_000, 5_300, 5_000]) response(seq, 300);
    const [record] = await traced.settle();
    expect(record).toMatchObject({ requestBytes: 100, responseBytes: 600, flags: ['retransmit', 'midstream'] });
  });

  it('open no exchange for a request that comes again after its answer', async () => {
    request(1_000, 100);
    response(5_000, 300);
    request(1_000, 100);
    expect(await traced.settle()).toHaveLength(1);
    expect(traced.counters().begun).toBe(1);
  });

  it('follow sequence numbers across their end', async () => {
    request(0xffff_ffc0, 128);
    response(0xffff_ff00, 256);
    request(64, 10);
    response(0, 20);
    const records = await traced.settle();
    expect(records.map(({ requestBytes, responseBytes }) => [requestBytes, responseBytes])).toEqual([
      [128, 256],
      [10, 20],
    ]);
    expect(records.flatMap(({ flags }) => flags)).toEqual(['midstream']);
  });

  it('split two requests on one connection by the response between them', async () => {
    request(1_000, 100);
    response(5_000, 300);
    request(1_100, 50);
    response(5_300, 40);
    const records = await traced.settle();
    expect(records.map(({ requestBytes, responseBytes }) => [requestBytes, responseBytes])).toEqual([
      [100, 300],
      [50, 40],
    ]);
  });
});
