/** The host's tracer in this process, on a {@link SwitchedHost}, and its records decoded. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FrameBuffer } from '../../agent/frame-buffer.ts';
import { silenceLibbpf } from '../../agent/libbpf.ts';
import { Tracer } from '../../agent/tracer.ts';
import { addressText } from '../../server/wire/address.ts';
import { readFrame } from '../../server/wire/frame.ts';
import { flagNames, RECORD_BYTES, RECORD_OFFSETS } from '../../server/wire/record.ts';
import { HOST_STATIONS } from '../../server/wire/stations.ts';
import type { SwitchedHost } from './switched-host.ts';
import { until } from './until.ts';

export const HOST_OBJECT = join(import.meta.dirname, '../../dist/bpf/host.bpf.o');

export type Stamps = Record<(typeof HOST_STATIONS)[number], bigint>;
export interface HostRecord {
  first: Stamps;
  last: Stamps;
  client: string;
  server: string;
  clientPort: number;
  serverPort: number;
  requestBytes: number;
  responseBytes: number;
  ifindex: number;
  rttNs: number;
  flags: string[];
}

function decode(bytes: Uint8Array): HostRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_BYTES);
  const at = RECORD_OFFSETS;
  const stamps = (from: number) =>
    Object.fromEntries(HOST_STATIONS.map((name, slot) => [name, view.getBigUint64(from + slot * 8, true)])) as Stamps;
  return {
    first: stamps(at.first),
    last: stamps(at.last),
    client: addressText(bytes, at.client),
    server: addressText(bytes, at.server),
    clientPort: view.getUint16(at.client_port, true),
    serverPort: view.getUint16(at.server_port, true),
    requestBytes: view.getUint32(at.request_bytes, true),
    responseBytes: view.getUint32(at.response_bytes, true),
    ifindex: view.getUint32(at.ifindex, true),
    rttNs: view.getUint32(at.rtt_ns, true),
    flags: flagNames(view.getUint32(at.flags, true)),
  };
}

export class TracedHost {
  readonly #tracer: Tracer;
  readonly #buffer = new FrameBuffer(64 << 20);

  constructor(network: SwitchedHost, ports: readonly number[]) {
    if (!existsSync(HOST_OBJECT)) throw new Error(`${HOST_OBJECT} is not built: npm run setup`);
    silenceLibbpf();
    const uplinks = [network.ifindex('nic0')];
    const tap = network.ifindex('vnet0');
    this.#tracer = network.host.inside(() => {
      const netns = statSync('/proc/thread-self/ns/net').ino;
      const tracer = new Tracer({ role: 'host', file: HOST_OBJECT, ports, captureHttp: false, netns, uplinks });
      const failed = tracer.attachTap(tap).find((attached) => !attached.ok);
      if (failed) throw new Error(`vnet0: ${JSON.stringify(failed)}`);
      return tracer;
    });
  }

  get stations() {
    return this.#tracer.stations;
  }

  counters() {
    return this.#tracer.counters();
  }

  /** Records finished since the last call, after a look at every connection. */
  take(): HostRecord[] {
    this.#tracer.sweep();
    this.#tracer.drainInto(this.#buffer);
    const records: HostRecord[] = [];
    for (let bytes = this.#buffer.next(); bytes; bytes = this.#buffer.next()) {
      const read = readFrame(bytes);
      if (!read.ok) throw new Error(read.message);
      for (let i = 0; i < read.frame.count; i++) {
        records.push(decode(read.frame.records.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES)));
      }
      this.#buffer.acknowledge(read.frame.sequence);
    }
    return records;
  }

  /** Wait until everything begun is finished, and return the records since the last call. */
  async settle(): Promise<HostRecord[]> {
    const records: HostRecord[] = [];
    await until(
      () => {
        records.push(...this.take());
        const { begun, emitted, foreign, 'ring.full': ringFull } = this.counters();
        return { begun, emitted, foreign, ringFull };
      },
      ({ begun, emitted, foreign, ringFull }) => begun === emitted + foreign + ringFull,
    );
    return records;
  }

  close(): void {
    this.#tracer.close();
  }
}
