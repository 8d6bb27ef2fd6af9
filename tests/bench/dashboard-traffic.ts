/** What three VMs behind one host were asked for, from the shipped recordings: each VM has all of both, on a tap and an address of its own. */
import { RECORD_BYTES, RECORD_OFFSETS } from '../../server/wire/record.ts';
import type { RecordedExchange } from './ingest-records.ts';
import { type Portion, Traffic } from './ingest-traffic.ts';

export const VM_COUNT = 3;
const FIRST_IFINDEX = 11;
/** Last byte of an IPv4 address that is written as IPv6. */
const ADDRESS_END = RECORD_OFFSETS.server + 15;
const FAILED = 500;

export interface BenchVm {
  name: string;
  hostname: string;
  tap: string;
  ifindex: number;
}

export const VMS: readonly BenchVm[] = Array.from({ length: VM_COUNT }, (_, i) => ({
  name: `shop${i + 1}`,
  hostname: `web${i + 1}`,
  tap: `tap${i}`,
  ifindex: FIRST_IFINDEX + i,
}));

/** Both vantages' records of some exchanges. */
export interface Records {
  host: Uint8Array;
  guest: Uint8Array;
  count: number;
}

export class VmTraffic {
  readonly #traffic: Traffic;
  readonly #recorded: readonly RecordedExchange[];

  constructor(recorded: readonly RecordedExchange[], vm: number) {
    this.#recorded = recorded;
    this.#traffic = new Traffic(recorded);
    const { host, guest } = this.#traffic;
    const hostView = new DataView(host.buffer);
    for (let at = 0; at < host.length; at += RECORD_BYTES) {
      hostView.setUint32(at + RECORD_OFFSETS.ifindex, VMS[vm]!.ifindex, true);
      for (const records of [host, guest]) records[at + ADDRESS_END] = 10 + vm;
    }
  }

  /** The next ones, at most so many: one ends every `everyNs` after `afterNs`. Their bytes stay as they are until a pass later. */
  next(most: number, afterNs: number, everyNs: number): Records {
    return this.#records(this.#traffic.next(most, afterNs, everyNs));
  }

  /** One that ends at `endNs` and was answered with an error: nobody recorded any, so people see it come. */
  failed(endNs: number): Records & { startNs: number } {
    const portion = this.#traffic.next(1, endNs - 1, 1);
    const { host, guest, count } = this.#records(portion);
    const marked = guest.slice();
    new DataView(marked.buffer).setUint16(RECORD_OFFSETS.status, FAILED, true);
    return { host, guest: marked, count, startNs: endNs - this.#recorded[portion.from]!.lengthNs };
  }

  #records(portion: Portion): Records {
    const { count } = portion;
    return { host: this.#traffic.bytesOf('host', portion), guest: this.#traffic.bytesOf('guest', portion), count };
  }
}
