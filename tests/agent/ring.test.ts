import koffi from 'koffi';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FLAGS, frameOf, RawLink } from './raw-link.ts';
import { CLIENT, SwitchedHost, VM } from './switched-host.ts';
import { TracedHost } from './traced-host.ts';
import { until } from './until.ts';

/** Nobody listens here: no stack answers these frames. */
const UNHEARD = '10.79.0.77';
const PORT = 80;
const RECORD_AND_HEADER = 264;
const RING_HOLDS = Math.floor((1 << 22) / RECORD_AND_HEADER);
const HOST_FLOWS = 16_384;
/** Frames between two looks: fewer than a veth queues. */
const BURST = 50;
const LOST_AFTER_MS = 2_000;
const TRIES = 5;
/** Requests and answers that nobody waits for stay in order on one CPU only. */
const setAffinity = koffi.load('libc.so.6').func('int sched_setaffinity(int pid, size_t bytes, uint8_t *mask)');
const getAffinity = koffi.load('libc.so.6').func('int sched_getaffinity(int pid, size_t bytes, _Out_ uint8_t *mask)');
const everywhere = new Uint8Array(128);
let network: SwitchedHost;
let traced: TracedHost;
let client: RawLink;
let vm: RawLink;

beforeAll(() => {
  getAffinity(0, everywhere.length, everywhere);
  setAffinity(
    0,
    128,
    Uint8Array.from({ length: 128 }, (_, i) => (i === 0 ? 1 : 0)),
  );
  network = new SwitchedHost();
  client = new RawLink(network.client, 'eth0');
  vm = new RawLink(network.vm, 'eth0');
});
beforeEach(() => {
  traced = new TracedHost(network, [PORT]);
});
afterEach(() => traced?.close());
afterAll(() => {
  client?.close();
  vm?.close();
  network?.remove();
  setAffinity(0, everywhere.length, everywhere);
});

/** A frame each way that is sent again and again with another number in it. */
function template(direction: 'request' | 'response'): Buffer {
  const ends = [
    { mac: CLIENT.mac, v4: CLIENT.v4, port: 1 },
    { mac: VM.mac, v4: UNHEARD, port: PORT },
  ] as const;
  const [from, to] = direction === 'request' ? ends : ([ends[1], ends[0]] as const);
  return frameOf({ from, to, seq: 0, payload: 10, flags: FLAGS.push });
}

const SOURCE_PORT_AT = 34;
const SEQUENCE_AT = 38;

/** Exchanges that the kernel has taken note of, whatever became of them. */
function seen(): number {
  const { begun, 'flow.full': flowFull } = traced.counters();
  return begun + flowFull;
}

/**
 * Until the kernel has taken note of so many. All devices share a CPU's queue, and what else this machine does may
 * push a frame out of it: then as many more are sent.
 */
async function begin(count: number, send: (i: number) => void): Promise<void> {
  let sent = 0;
  for (let wanted = Math.min(BURST, count); seen() < count; wanted = Math.min(count, wanted + BURST)) {
    for (let tries = 0; seen() < wanted; tries++) {
      expect(tries).toBeLessThan(TRIES);
      for (let missing = wanted - seen(); missing > 0; missing--) send(++sent);
      await until(seen, (now) => now >= wanted, LOST_AFTER_MS).catch(() => {});
    }
  }
}

describe('a ring that nobody reads', () => {
  it('loses what does not fit, and counts each one', async () => {
    const exchanges = RING_HOLDS + 4_000;
    const request = template('request');
    const response = template('response');
    await begin(exchanges, (i) => {
      request.writeUInt32BE(i * 10, SEQUENCE_AT);
      response.writeUInt32BE(i * 10, SEQUENCE_AT);
      client.send(request);
      vm.send(response);
    });
    const before = traced.counters();
    // The last one is still open: nothing has followed it, and no sweep has been.
    expect(before.begun).toBe(exchanges);
    expect(before.begun).toBe(before.emitted + before['ring.full'] + before.foreign + 1);
    expect(before['ring.full']).toBeGreaterThan(3_000);
    expect(before.emitted).toBeLessThanOrEqual(RING_HOLDS);
    const records = await traced.settle();
    const after = traced.counters();
    expect(records).toHaveLength(after.emitted);
    expect(after.begun).toBe(after.emitted + after['ring.full'] + after.foreign);
  });

  it('takes records again as soon as it is read', async () => {
    const request = template('request');
    const response = template('response');
    for (let round = 0; round < 3; round++) {
      for (let i = 1; i <= 30; i++) {
        request.writeUInt32BE((round * 30 + i) * 10, SEQUENCE_AT);
        response.writeUInt32BE((round * 30 + i) * 10, SEQUENCE_AT);
        client.send(request);
        vm.send(response);
      }
      expect(await traced.settle()).toHaveLength(30);
    }
    expect(traced.counters()).toMatchObject({ begun: 90, emitted: 90, 'ring.full': 0 });
  });
});

describe('a table of connections that is full', () => {
  it('counts each exchange that finds no room', async () => {
    const connections = HOST_FLOWS + 1_000;
    const request = template('request');
    await begin(connections, (i) => {
      request.writeUInt16BE(1_024 + i, SOURCE_PORT_AT);
      client.send(request);
    });
    const { begun, emitted, 'flow.full': flowFull } = traced.counters();
    expect({ seen: begun + flowFull, emitted }).toEqual({ seen: connections, emitted: 0 });
    // Two buckets to choose from: the table is nearly full before one finds no room.
    expect(begun).toBeLessThanOrEqual(HOST_FLOWS);
    expect(begun).toBeGreaterThan(0.95 * HOST_FLOWS);
  });
});
