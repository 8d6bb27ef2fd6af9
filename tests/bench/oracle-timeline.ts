/** The exchanges of one capture in time, per connection: whose is a moment? */
import type { SeenExchange } from './oracle-tshark.ts';

interface Moment {
  ns: number;
  uri: string;
}

/** Clocks of guest and host drift apart by tens of ppm: over this many exchanges that is nothing. */
const OFFSET_OVER = 51;

export class Timeline {
  /** By connection, in order of time. */
  readonly #moments = new Map<string, Moment[]>();
  /** By key of the exchange. */
  readonly #own = new Map<string, number>();

  constructor(exchanges: readonly SeenExchange[], side: 'request' | 'response') {
    for (const { key, connection, uri, requestNs, responseNs } of exchanges) {
      const ns = side === 'request' ? requestNs : responseNs;
      this.#own.set(key, ns);
      const moments = this.#moments.get(connection);
      if (moments) moments.push({ ns, uri });
      else this.#moments.set(connection, [{ ns, uri }]);
    }
    for (const moments of this.#moments.values()) moments.sort((a, b) => a.ns - b.ns);
  }

  /**
   * For each exchange the URI of the one that was, on the same connection,
   * nearest to its time by another clock. The offset of that clock is the median
   * over the exchanges around.
   * @param times ns; null where there is none, for which the answer is null
   */
  nearest(keys: readonly string[], times: readonly (number | null)[]): (string | null)[] {
    const offsets = this.#offsets(keys, times);
    return keys.map((key, i) => {
      const time = times[i];
      const moments = this.#moments.get(key.slice(0, key.lastIndexOf('#')));
      if (time === null || time === undefined || moments === undefined) return null;
      return nearestTo(moments, time + offsets[i]!).uri;
    });
  }

  #offsets(keys: readonly string[], times: readonly (number | null)[]): Float64Array {
    const known = keys.flatMap((key, i) => {
      const [own, time] = [this.#own.get(key), times[i]];
      return own === undefined || time === null || time === undefined ? [] : [{ i, own, offset: own - time }];
    });
    known.sort((a, b) => a.own - b.own);
    const offsets = new Float64Array(keys.length);
    known.forEach(({ i }, at) => {
      const from = Math.max(0, Math.min(at - (OFFSET_OVER >> 1), known.length - OFFSET_OVER));
      const around = known.slice(from, from + OFFSET_OVER).map(({ offset }) => offset);
      offsets[i] = around.sort((a, b) => a - b)[around.length >> 1]!;
    });
    return offsets;
  }
}

function nearestTo(moments: readonly Moment[], ns: number): Moment {
  let [low, high] = [0, moments.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moments[middle]!.ns < ns) low = middle + 1;
    else high = middle;
  }
  const before = moments[Math.max(0, low - 1)]!;
  return Math.abs(before.ns - ns) < Math.abs(moments[low]!.ns - ns) ? before : moments[low]!;
}
