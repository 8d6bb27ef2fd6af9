/** The kernel side of one vantage while it runs: ladder, ring, sweep, counters. */
import { randomInt } from 'node:crypto';
import { RECORD_BYTES } from '../server/wire/record.ts';
import type { Vantage } from '../server/wire/stations.ts';
import type { Attached } from './bpf-object.ts';
import { type CounterName, readCounters } from './counters.ts';
import type { FrameBuffer } from './frame-buffer.ts';
import { GUEST_LADDER } from './guest/stations.ts';
import { attachTap, hostLadder } from './host/stations.ts';
import { type Climbed, Ladder, withoutProbes } from './ladder.ts';
import { libbpf } from './libbpf.ts';
import { Ring } from './ring.ts';
import { DEFAULT_TIMES, settingsBytes } from './settings.ts';

/** A guest serves fewer connections than a host passes on; both stay below 16 MB of maps. */
const FLOWS: Readonly<Record<Vantage, number>> = { host: 16_384, guest: 8_192 };
const RING_BYTES = 1 << 22;
/** Wake the reader at a quarter of a frame; below that its timer is soon enough. */
const WAKE_RECORDS = 256;

export interface TracerOptions {
  role: Vantage;
  file: string;
  ports: readonly number[];
  captureHttp: boolean;
  /** Kinds of probes that are not tried. */
  skipProbes?: readonly string[];
  netns: number;
  /** Room for records in the kernel, a power of two. */
  ringBytes?: number;
  /** Host: interface indexes of the uplinks. */
  uplinks: readonly number[];
}

export class Tracer {
  readonly #climbed: Climbed;
  readonly #ring: Ring;
  readonly #sweepFd: number;
  readonly #countersFd: number;
  readonly ringFd: number;

  /** Load and attach. Throws with the kernel's reason when nothing loads. */
  constructor(options: TracerOptions) {
    const all = options.role === 'host' ? hostLadder(options.uplinks) : GUEST_LADDER;
    const stations = withoutProbes(all, options.skipProbes ?? []);
    const seed = randomInt(2 ** 32);
    const ringBytes = options.ringBytes ?? RING_BYTES;
    const settings = (present: readonly boolean[]) =>
      settingsBytes({
        ...DEFAULT_TIMES[options.role],
        netns: options.netns,
        wakeRecords: WAKE_RECORDS,
        captureHttp: options.captureHttp,
        entrySlot: Math.max(0, present.indexOf(true)),
        exitSlot: Math.max(0, present.lastIndexOf(true)),
        present: present.reduce((bits, there, slot) => (there ? bits | (1 << slot) : bits), 0),
        flowMask: FLOWS[options.role] - 1,
        seed,
        ports: options.ports,
      });
    const sizes = { flows: FLOWS[options.role], ring: ringBytes };
    this.#climbed = new Ladder(options.file, stations, ['sweep'], settings, sizes).climb();
    const { object } = this.#climbed;
    if (options.role === 'host') this.#nameUplinks(options.uplinks);
    this.ringFd = object.mapFd('ring');
    this.#ring = new Ring(this.ringFd, ringBytes, RECORD_BYTES);
    this.#sweepFd = object.programFd('sweep');
    this.#countersFd = object.mapFd('counters');
  }

  #nameUplinks(uplinks: readonly number[]): void {
    const fd = this.#climbed.object.mapFd('uplinks');
    for (const ifindex of uplinks) libbpf.update(fd, Uint32Array.of(ifindex), Uint32Array.of(1), 0);
  }

  get stations() {
    return this.#climbed.stations;
  }

  get programFds(): number[] {
    return this.#climbed.programs.map((name) => this.#climbed.object.programFd(name));
  }

  counters(): Record<CounterName, number> {
    return readCounters(this.#countersFd);
  }

  /** Host: stamp on this tap too. */
  attachTap(ifindex: number): Attached[] {
    return attachTap(this.#climbed.object, ifindex);
  }

  /** Let the kernel emit the responses that went quiet, and look at some of the other connections. */
  sweep(): void {
    libbpf.testRun(this.#sweepFd, null);
  }

  /** Records in the ring that nobody has taken yet. */
  get waiting(): number {
    return this.#ring.waiting;
  }

  /** Everything in the ring now, as frames into `buffer`. */
  drainInto(buffer: FrameBuffer): number {
    let total = 0;
    for (;;) {
      const take = (target: Uint8Array, at: number, most: number) => this.#ring.take(target, at, most);
      const count = buffer.fill(this.#ring.waiting, take, process.hrtime.bigint());
      if (count === 0) return total;
      total += count;
    }
  }

  close(): void {
    this.#climbed.detach();
    this.#ring.close();
    this.#climbed.object.close();
  }
}
