/** The exchanges of one capture in time, per connection: whose is a moment? */
import type { SeenExchange } from './oracle-tshark.ts';

interface Slot {
  uri: string;
  /** Of a request, the responses before and after it on its connection; of a response, the requests; ns. */
  afterNs: number;
  beforeNs: number;
}

/** Clocks of guest and host drift apart by tens of ppm: over this many exchanges that is nothing. */
const OFFSET_OVER = 51;

/**
 * On a connection without pipelining a request passes every station after the
 * response before it and before its own, a response after its own request and
 * before the next one, however long a machine may stand still between two stamps.
 */
export class Timeline {
  /** By connection, in order of time. */
  readonly #slots = new Map<string, Slot[]>();
  /** By key of the exchange: its slot, and its frame's time. */
  readonly #own = new Map<string, { slot: Slot; ns: number }>();

  constructor(exchanges: readonly SeenExchange[], side: 'request' | 'response') {
    const connections = Map.groupBy(exchanges, ({ connection }) => connection);
    for (const [connection, all] of connections) {
      const sorted = all.toSorted((a, b) => a.requestNs - b.requestNs);
      const slots = sorted.map(({ uri, requestNs, responseNs }, i) => {
        const [before, after] = [sorted[i - 1]?.responseNs, sorted[i + 1]?.requestNs];
        return side === 'request'
          ? { uri, afterNs: before ?? Number.NEGATIVE_INFINITY, beforeNs: responseNs }
          : { uri, afterNs: requestNs, beforeNs: after ?? Number.POSITIVE_INFINITY };
      });
      this.#slots.set(connection, slots);
      sorted.forEach(({ key, requestNs, responseNs }, i) => {
        this.#own.set(key, { slot: slots[i]!, ns: side === 'request' ? requestNs : responseNs });
      });
    }
  }

  /**
   * For each exchange null where its time, by another clock, is its own; else the
   * URI of the exchange whose time it is. The other clock's offset is the median
   * over the exchanges around.
   * @param times ns; null where there is none, for which the answer is null
   * @param toleranceNs of the offset
   */
  strangers(keys: readonly string[], times: readonly (number | null)[], toleranceNs: number): (string | null)[] {
    const offsets = this.#offsets(keys, times);
    const holds = ({ afterNs, beforeNs }: Slot, ns: number) =>
      ns > afterNs - toleranceNs && ns < beforeNs + toleranceNs;
    return keys.map((key, i) => {
      const [time, own] = [times[i], this.#own.get(key)];
      if (time === null || time === undefined) return null;
      if (own === undefined) return 'a request that is not in the capture';
      const ns = time + offsets[i]!;
      if (holds(own.slot, ns)) return null;
      const slots = this.#slots.get(key.slice(0, key.lastIndexOf('#')))!;
      return slots.find((slot) => holds(slot, ns))?.uri ?? 'nobody';
    });
  }

  #offsets(keys: readonly string[], times: readonly (number | null)[]): Float64Array {
    const known = keys.flatMap((key, i) => {
      const [own, time] = [this.#own.get(key), times[i]];
      return own === undefined || time === null || time === undefined ? [] : [{ i, ns: own.ns, offset: own.ns - time }];
    });
    known.sort((a, b) => a.ns - b.ns);
    const offsets = new Float64Array(keys.length);
    known.forEach(({ i }, at) => {
      const from = Math.max(0, Math.min(at - (OFFSET_OVER >> 1), known.length - OFFSET_OVER));
      const around = known.slice(from, from + OFFSET_OVER).map(({ offset }) => offset);
      offsets[i] = around.sort((a, b) => a - b)[around.length >> 1]!;
    });
    return offsets;
  }
}
