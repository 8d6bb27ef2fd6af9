/**
 * The running agent: kernel records into frames, frames to the server, once a
 * second the counters, on a host every two seconds a look for new taps.
 */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import koffi from 'koffi';
import type { AgentStats, Hello, Provenance } from '../server/wire/messages.ts';
import type { Vantage } from '../server/wire/stations.ts';
import type { KeptAgent } from './buffer/agent-folder.ts';
import { DiskBuffer } from './buffer/disk-buffer.ts';
import { channelRoute } from './channel/channel-route.ts';
import { readClocks } from './clocks.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { AccessLog, queueAdvice } from './guest/access-log.ts';
import { guestNics, guestProvenance, tracedNic } from './guest/provenance.ts';
import { PtpKvm } from './guest/ptp-kvm.ts';
import { helloOf } from './hello.ts';
import { Channels } from './host/channels.ts';
import { HostLoad, NO_HOST_LOAD } from './host/host-load.ts';
import { hostProvenance } from './host/provenance.ts';
import { findDevices, type HostDevices, TapWatch } from './host/tap-watch.ts';
import type { Route } from './link.ts';
import { bootId } from './machine.ts';
import { MachineLoad } from './machine-load.ts';
import type { AgentOptions } from './options.ts';
import { cpuUs, SelfCost, Steal } from './self-cost.ts';
import { DEFAULT_TIMES } from './settings.ts';
import { Tracer } from './tracer.ts';
import { Uplink, type UplinkEvents } from './uplink.ts';
import { webSocketRoute } from './web-socket-route.ts';

/** The reader's timer: bounds how long a lone record waits, on top of the quiet time. */
const READ_EVERY_MS: Readonly<Record<Vantage, number>> = { guest: 25, host: 50 };
/** Frames follow one another at this distance at least, unless they would be larger than this. */
const FRAME_EVERY_MS = 100;
const ENOUGH_RECORDS = 256;
const STATS_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 2_000;
/** BPF run statistics are on in one second of five. */
const COST_PERIOD = 5;
/** At the end the last responses count as over this much after their quiet time; see DEFAULT_TIMES. */
const QUIET_MARGIN_MS = 10;
const LAST_WORDS_MS = 1_000;

export class Agent {
  readonly #options: AgentOptions;
  readonly #tracer: Tracer;
  readonly #disk: DiskBuffer | null;
  readonly #buffer: FrameBuffer;
  readonly #agentId = randomUUID();
  readonly #version: string;
  readonly #startedNs = String(process.hrtime.bigint());
  readonly #events: UplinkEvents;
  readonly #route: Route;
  readonly #uplink: Uplink;
  readonly #cost: SelfCost;
  readonly #steal = new Steal();
  readonly #machine = new MachineLoad();
  readonly #host: HostLoad | null;
  readonly #ptp: PtpKvm | null;
  readonly #watch: TapWatch | null;
  readonly #channels: Channels | null;
  readonly #accessLog: AccessLog | null;
  readonly #poll: ReturnType<typeof koffi.node.poll>;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #log: (line: string) => void;
  #devices: HostDevices;
  #seconds = 0;
  #readMs = Number.NEGATIVE_INFINITY;

  /**
   * Loads and attaches at once; throws with the kernel's reason when it can not.
   * @param file the compiled BPF object @param devices host: what to stamp on
   */
  constructor(
    options: AgentOptions,
    file: string,
    devices: HostDevices,
    version: string,
    events: UplinkEvents,
    log: (line: string) => void,
  ) {
    this.#options = options;
    this.#devices = devices;
    this.#log = log;
    this.#version = version;
    this.#events = events;
    this.#disk = openDisk(options, this.#agentId, log);
    this.#tracer = new Tracer({
      role: options.role,
      file,
      ports: options.ports,
      captureHttp: options.http,
      skipProbes: options.skipProbes,
      netns: statSync('/proc/self/ns/net').ino,
      ringBytes: options.ringBytes,
      uplinks: devices.uplinks.map((link) => link.ifindex),
    });
    this.#disk?.describe(this.#kept(''));
    this.#buffer = this.#disk?.buffer ?? new FrameBuffer(options.bufferBytes);
    this.#cost = new SelfCost(this.#tracer.programFds, () => this.#tracer.counters().emitted);
    this.#watch = options.role === 'host' ? new TapWatch(this.#tracer) : null;
    this.#channels = options.role === 'host' ? new Channels(options.server, options.channels, events.onState) : null;
    this.#host = options.role === 'host' ? new HostLoad() : null;
    this.#ptp = options.role === 'guest' ? new PtpKvm() : null;
    this.#accessLog = openAccessLog(options.accessLog, log);
    this.#poll = koffi.node.poll(this.#tracer.ringFd, { readable: true }, () => this.#read());
    this.#route = options.channel === '' ? webSocketRoute(options.server) : channelRoute(options.channel);
    this.#uplink = new Uplink(this.#route, (localAddress) => this.#hello(localAddress), this.#buffer, {
      ...events,
      onState: (state, detail) => this.#onState(state, detail),
    });
  }

  get stations() {
    return this.#tracer.stations;
  }

  start(): void {
    this.#followTaps(true);
    this.#timers.push(setInterval(() => this.#readInTurn(), READ_EVERY_MS[this.#options.role]));
    this.#timers.push(setInterval(() => this.#report(), STATS_EVERY_MS));
    if (this.#watch) this.#timers.push(setInterval(() => this.#look(), LOOK_EVERY_MS));
    void this.#connect();
  }

  /** Behind what earlier agents left. */
  async #connect(): Promise<void> {
    const { earlier } = this.#disk ?? {};
    if (earlier && !(await earlier.send(this.#route, this.#options.token, this.#events))) return;
    this.#uplink.connect();
  }

  /** Emit what is quiet, hand over everything, wait for the acknowledgement, detach. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#poll.close();
    await delay(Number(DEFAULT_TIMES[this.#options.role].quietNs) / 1e6 + QUIET_MARGIN_MS);
    this.#tracer.sweep();
    this.#read();
    this.#report();
    await this.#disk?.earlier.close();
    await this.#uplink.close(LAST_WORDS_MS);
    this.#disk?.close();
    this.#channels?.close();
    this.#accessLog?.close();
    this.#cost.end();
    this.#ptp?.close();
    this.#watch?.close();
    this.#tracer.close();
  }

  /** A lone record leaves at once; under load one frame and its acknowledgement serve many. */
  #readInTurn(): void {
    this.#tracer.sweep();
    const nowMs = performance.now();
    const { waiting } = this.#tracer;
    if (waiting === 0 || (waiting < ENOUGH_RECORDS && nowMs - this.#readMs < FRAME_EVERY_MS)) return;
    this.#readMs = nowMs;
    this.#read();
  }

  #read(): void {
    this.#tracer.drainInto(this.#buffer);
    this.#readAccessLog();
    this.#uplink.flush();
  }

  /** After the records and sent before them: each finds its line with the server. */
  #readAccessLog(): void {
    const log = this.#accessLog;
    if (!log) return;
    const isFirst = log.read === 0;
    log.drain();
    if (isFirst && log.read > 0 && queueAdvice() !== '') this.#log(queueAdvice());
    log.handOver((lines) => this.#uplink.send({ type: 'accesslog', lines }));
  }

  #onState(state: 'connected' | 'waiting', detail: string): void {
    if (state === 'connected') this.#readAccessLog();
    this.#events.onState(state, detail);
  }

  #report(): void {
    const phase = this.#seconds % COST_PERIOD;
    this.#seconds += 1;
    if (phase === 0) this.#cost.begin();
    else if (phase === 1) this.#cost.end();
    // The access log speaks of requests, too, of which there are no records.
    this.#read();
    this.#uplink.send(this.#stats());
  }

  #stats(): AgentStats {
    const kernel = this.#tracer.counters();
    return {
      type: 'stats',
      records: this.#buffer.records,
      drops: {
        'ring.full': kernel['ring.full'],
        'flow.full': kernel['flow.full'],
        'uplink.buffer': this.#buffer.dropped + (this.#disk?.earlier.dropped ?? 0),
        ...this.#disk?.drops,
        'accesslog.away': this.#accessLog?.dropped ?? 0,
      },
      counters: {
        begun: kernel.begun,
        emitted: kernel.emitted,
        'flow.foreign': kernel.foreign,
        'half.open': kernel['half.open'],
        reconnects: this.#uplink.reconnects,
        ...this.#disk?.counters,
        ...channelCounters(this.#channels),
        'accesslog.read': this.#accessLog?.read ?? 0,
        'accesslog.sent': this.#accessLog?.sent ?? 0,
      },
      bpfNs: this.#cost.bpfNs,
      bpfRuns: this.#cost.bpfRuns,
      bpfRecords: this.#cost.bpfRecords,
      cpuUs: cpuUs(),
      rssBytes: process.memoryUsage.rss(),
      steal: this.#steal.sample(),
      ...this.#machine.sample(),
      ...(this.#host?.sample(this.#devices) ?? NO_HOST_LOAD),
      clocks: readClocks(),
      pairing: this.#ptp?.sample() ?? null,
      noPairing: this.#ptp?.reason ?? '',
    };
  }

  /** VMs come and go; a tap given by name may be made anew, with another index. */
  #look(): void {
    const found = findDevices(this.#options.uplinks, this.#options.taps);
    const before = JSON.stringify(this.#devices.vms);
    this.#devices = found.ok ? found.devices : { ...this.#devices, taps: [], vms: [] };
    this.#followTaps(JSON.stringify(this.#devices.vms) !== before);
  }

  #followTaps(tellServer: boolean): void {
    if (!this.#watch) return;
    this.#channels?.follow(this.#devices.vms.map((vm) => vm.pid));
    for (const reason of this.#watch.follow(this.#devices.taps)) this.#log(`tap not attached: ${reason}`);
    if (!tellServer) return;
    this.#uplink.send({ type: 'vms', vms: this.#devices.vms });
    this.#disk?.describe(this.#kept(''));
  }

  #hello(localAddress: string): Hello {
    const kept = this.#kept(localAddress);
    this.#disk?.describe(kept);
    return helloOf(kept.hello, this.#options.token);
  }

  /** Who this agent is, in the words that a successor may repeat. */
  #kept(localAddress: string): KeptAgent {
    const { role, ports } = this.#options;
    const hello = {
      role,
      agentId: this.#agentId,
      bootId: bootId(),
      version: this.#version,
      ports: [...ports],
      stations: this.#tracer.stations,
      provenance: this.#provenance(localAddress),
      ...(role === 'guest' && { nics: guestNics() }),
    };
    return { hello, startedNs: this.#startedNs, vms: role === 'host' ? this.#devices.vms : null };
  }

  #provenance(localAddress: string): Provenance {
    if (this.#options.role === 'host') return hostProvenance(this.#devices.uplinks, this.#devices.vms);
    return guestProvenance(this.#options.nic || tracedNic(localAddress), this.#options.ports);
  }
}

function openDisk(options: AgentOptions, agentId: string, log: (line: string) => void): DiskBuffer | null {
  const { bufferDir: directory, bufferDiskBytes: diskBytes, bufferBytes: memoryBytes, role } = options;
  return directory === '' ? null : new DiskBuffer({ directory, diskBytes, memoryBytes, agentId, role, log });
}

/** @returns null where none is wanted, or none can be read: that is no reason not to trace */
function openAccessLog(path: string, log: (line: string) => void): AccessLog | null {
  if (path === '') return null;
  const opened = AccessLog.open(path);
  if (opened.ok) return opened.log;
  log(`no access log: ${opened.reason}`);
  return null;
}

/** As `channel.<name>`; a guest's agent has none. */
function channelCounters(channels: Channels | null): Record<string, number> {
  return Object.fromEntries(Object.entries(channels?.counts ?? {}).map(([name, n]) => [`channel.${name}`, n]));
}
