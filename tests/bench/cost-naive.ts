/**
 * The naive variant of ourselves in the guest: an event per station, a wake-up
 * whenever the reader had caught up. Waits, detached, for its orders: SIGHUP
 * attaches, SIGUSR2 detaches, SIGTERM ends; after each, its counts lie in the given file.
 */
import { renameSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';
import { type Attached, BpfObject } from '../../agent/bpf-object.ts';
import { libbpf } from '../../agent/libbpf.ts';
import { Ring } from '../../agent/ring.ts';

const PROGRAMS = ['vnic_rx', 'tcp_rx', 'ready', 'read', 'write', 'tcp_tx', 'vnic_tx'].map((name) => `naive_${name}`);
const SERVICE_PORT = 80;
const RING_BYTES = 1 << 22;
const EVENT_BYTES = 40;
const STATION_AT = 8;
const BATCH = 256;

export interface NaiveState {
  attached: boolean;
  /** Events that the kernel wrote, and that it had no room for. */
  generated: number;
  lost: number;
  /** Events that arrived here, by station. */
  consumed: number[];
  /** Turns of the reader: the ring's descriptor became readable. */
  wakeUps: number;
}

/** Resolves at SIGTERM. Throws with the kernel's reason when the object does not load. */
export async function runNaive(objectFile: string, stateFile: string): Promise<void> {
  const settings = new Uint8Array(Uint16Array.of(SERVICE_PORT).buffer);
  const loaded = BpfObject.load(objectFile, new Set(PROGRAMS), settings);
  if (!loaded.ok) throw new Error(loaded.reason);
  const { object } = loaded;
  const ringFd = object.mapFd('ring');
  const ring = new Ring(ringFd, RING_BYTES, EVENT_BYTES);
  const events = new Uint8Array(BATCH * EVENT_BYTES);
  const consumed = PROGRAMS.map(() => 0);
  let links: Attached[] = [];
  let wakeUps = 0;

  const drain = () => {
    for (let count = BATCH; count === BATCH; ) {
      count = ring.take(events, 0, BATCH);
      for (let i = 0; i < count; i++) {
        const station = events[i * EVENT_BYTES + STATION_AT]!;
        consumed[station] = consumed[station]! + 1;
      }
    }
  };
  const tell = () => {
    drain();
    const [generated = 0, lost = 0] = counters(object.mapFd('counters'));
    const state: NaiveState = { attached: links.length > 0, generated, lost, consumed, wakeUps };
    writeFileSync(`${stateFile}.new`, JSON.stringify(state));
    renameSync(`${stateFile}.new`, stateFile);
  };
  const poll = koffi.node.poll(ringFd, { readable: true }, () => {
    wakeUps++;
    drain();
  });
  const detach = () => {
    for (const link of links.splice(0)) if (link.ok) link.detach();
    tell();
  };
  process.on('SIGHUP', () => {
    if (links.length === 0) links = PROGRAMS.map((name) => object.attach(name, name));
    const refused = links.find((link) => !link.ok);
    if (refused) throw new Error(`naive: ${JSON.stringify(refused)}`);
    tell();
  });
  process.on('SIGUSR2', detach);
  const ended = Promise.withResolvers<void>();
  process.on('SIGTERM', ended.resolve);
  // A handler alone does not keep Node alive, and the poll may not either.
  const alive = setInterval(() => {}, 1 << 30);
  tell();
  await ended.promise;
  clearInterval(alive);
  detach();
  poll.close();
  ring.close();
  object.close();
}

function counters(fd: number): number[] {
  const cpus = libbpf.possibleCpus() as number;
  return [0, 1].map((key) => {
    const values = new Uint8Array(cpus * 8);
    libbpf.lookup(fd, Uint32Array.of(key), values);
    return Number(new BigUint64Array(values.buffer).reduce((a, b) => a + b, 0n));
  });
}
