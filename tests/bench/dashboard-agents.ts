/**
 * The agents of a host and of the three VMs on it, each on a WebSocket of its
 * own, in a process of their own: the agent's frame buffer and uplink, its
 * rule of when records leave, and recorded records where a ring buffer would
 * give them. Started with a port; told over IPC what to do.
 */
import { FrameBuffer } from '../../agent/frame-buffer.ts';
import { Uplink } from '../../agent/uplink.ts';
import { webSocketRoute } from '../../agent/web-socket-route.ts';
import type { Hello, VmsMessage } from '../../server/wire/messages.ts';
import { RECORD_BYTES } from '../../server/wire/record.ts';
import { until } from '../agent/until.ts';
import { clocksAt, hello, PROVENANCE, stats } from '../server/exchanges.ts';
import { TOKEN } from '../server/server-process.ts';
import { VMS } from './dashboard-traffic.ts';

/** As agent/agent.ts has them: a busy ring is read at so many records, a calm one every so often. */
const ENOUGH_RECORDS = 256;
const FRAME_EVERY_MS = 100;
const BUFFER_BYTES = 64 * 2 ** 20;
/** Not acknowledged yet, of all agents together: below what the server keeps in memory. */
const MOST_HELD = 48;
/** What the guests' clock shows beside the host's. */
const GUEST_AHEAD_NS = -7_654_321_987;

/** A machine's CLOCK_MONOTONIC, ns, and what of the wall clock it is: epoch ms at its zero. */
export interface MachineClock {
  nowNs(): number;
  zeroMs: number;
}

class ReplayingAgent {
  readonly #aheadNs: number;
  readonly #clock: MachineClock;
  readonly #buffer = new FrameBuffer(BUFFER_BYTES);
  readonly #uplink: Uplink;
  readonly connected: Promise<void>;
  #ring: Uint8Array[] = [];
  #waiting = 0;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(port: number, clock: MachineClock, aheadNs: number, said: Hello) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.connected = promise;
    this.#aheadNs = aheadNs;
    this.#clock = clock;
    this.#uplink = new Uplink(webSocketRoute(`ws://127.0.0.1:${port}/agent`), () => said, this.#buffer, {
      onRefused: (code, message) => {
        throw new Error(`${code}: ${message}`);
      },
      onState: (state) => {
        if (state === 'connected') resolve();
      },
    });
    this.#uplink.connect();
  }

  /** Into the ring. */
  emit(records: Uint8Array): void {
    this.#ring.push(records);
    this.#waiting += records.length / RECORD_BYTES;
  }

  /** When an agent would: at enough records, or a while after the last time. */
  readInTurn(nowMs: number): void {
    if (this.#waiting === 0) return;
    if (this.#waiting < ENOUGH_RECORDS && nowMs - this.#readMs < FRAME_EVERY_MS) return;
    this.#readMs = nowMs;
    this.read();
  }

  read(): void {
    const nowNs = BigInt(Math.round(this.#clock.nowNs() + this.#aheadNs));
    while (this.#waiting > 0) {
      this.#waiting -= this.#buffer.fill(this.#waiting, (target, at, most) => this.#take(target, at, most), nowNs);
    }
    this.#uplink.flush();
  }

  #take(target: Uint8Array, at: number, most: number): number {
    let taken = 0;
    while (taken < most && this.#ring.length > 0) {
      const [first] = this.#ring as [Uint8Array];
      const count = Math.min(most - taken, first.length / RECORD_BYTES);
      target.set(first.subarray(0, count * RECORD_BYTES), at + taken * RECORD_BYTES);
      taken += count;
      if (count * RECORD_BYTES === first.length) this.#ring.shift();
      else this.#ring[0] = first.subarray(count * RECORD_BYTES);
    }
    return taken;
  }

  /** What agents tell once a second; the figures are made up, the clocks are the machine's. */
  report(): void {
    const monotonicNs = BigInt(Math.round(this.#clock.nowNs() + this.#aheadNs));
    const wallNs = BigInt(Math.round(this.#clock.nowNs())) + BigInt(Math.round(this.#clock.zeroMs * 1e6));
    const vcpu = (share: number) => Object.fromEntries(VMS.map(({ name }, i) => [name, share * (i + 1)]));
    this.#uplink.send(
      stats({
        records: this.#buffer.records,
        clocks: clocksAt(monotonicNs, wallNs),
        steal: 0.01,
        cpuPressure: 0.05,
        vcpuDelay: vcpu(0.02),
        vcpuTime: vcpu(0.2),
      }),
    );
  }

  tell(vms: VmsMessage): void {
    this.#uplink.send(vms);
  }

  get held(): number {
    return this.#buffer.held;
  }

  get dropped(): number {
    return this.#buffer.dropped;
  }

  close(): Promise<void> {
    return this.#uplink.close(1_000);
  }
}

/** One host and the guests on it. */
export class BenchAgents {
  readonly #host: ReplayingAgent;
  readonly #guests: readonly ReplayingAgent[];

  constructor(port: number, clock: MachineClock) {
    this.#host = new ReplayingAgent(port, clock, 0, helloOf(clock, 0, 'host', 'hv1'));
    this.#guests = VMS.map(
      ({ hostname }) =>
        new ReplayingAgent(port, clock, GUEST_AHEAD_NS, helloOf(clock, GUEST_AHEAD_NS, 'guest', hostname)),
    );
  }

  async connected(): Promise<void> {
    await Promise.all(this.#all.map((agent) => agent.connected));
    const vm = { bridge: 'br0', nicModel: 'virtio-net-pci', accelerator: 'tcg', vcpus: 1 };
    this.#host.tell({
      type: 'vms',
      vms: VMS.map(({ name, tap, ifindex }) => ({ ...vm, name, tap, ifindex, pid: 4000 + ifindex })),
    });
  }

  emit(vm: number, { host, guest }: { host: Uint8Array; guest: Uint8Array }): void {
    this.#host.emit(host);
    this.#guests[vm]!.emit(guest);
  }

  readInTurn(nowMs: number): void {
    for (const agent of this.#all) agent.readInTurn(nowMs);
  }

  /** All at once, and wait until there is room for more. */
  async readAll(most = MOST_HELD): Promise<void> {
    for (const agent of this.#all) agent.read();
    await until(
      () => this.#all.reduce((sum, { held }) => sum + held, 0),
      (held) => held <= most,
      60_000,
    );
  }

  report(): void {
    for (const agent of this.#all) agent.report();
  }

  get dropped(): number {
    return this.#all.reduce((sum, { dropped }) => sum + dropped, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((agent) => agent.close()));
  }

  get #all(): readonly ReplayingAgent[] {
    return [this.#host, ...this.#guests];
  }
}

function helloOf(clock: MachineClock, aheadNs: number, role: 'host' | 'guest', hostname: string): Hello {
  const nowNs = clock.nowNs();
  return hello(role, TOKEN, {
    agentId: `${role}-${hostname}`,
    bootId: `${role}-${hostname}-boot`,
    provenance: { ...PROVENANCE, hostname },
    clock: {
      monotonicNs: String(Math.round(nowNs + aheadNs)),
      realtimeNs: String(BigInt(Math.round(nowNs)) + BigInt(Math.round(clock.zeroMs * 1e6))),
    },
  });
}
