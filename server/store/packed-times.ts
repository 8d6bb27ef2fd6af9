/**
 * The times of paths from the columns in which a store's file has them: what
 * `join/layers.ts` derives row by row, a column at a time, for questions about
 * millions of rows.
 */
import { HELD_BACK_NS } from '../join/layers.ts';
import {
  GUEST_STATIONS,
  LAYERS,
  type LayerDefinition,
  STATIONS,
  type Station,
  stationIndex,
} from '../wire/stations.ts';
import { CROSSING_NAME, firstName, lastName } from './packed-rows.ts';
import { TIME_NAMES } from './run-times.ts';

const GUEST_IN = stationIndex(GUEST_STATIONS[0]);
const HOST_AGAIN = stationIndex(GUEST_STATIONS.at(-1)!) + 1;
const [FIRST, LAST] = [0, STATIONS.length - 1];
const [BOUND, ACKED, RUN_DELAY, UPSTREAM] = ['bound_ns', 'acked_ns', 'run_delay_ns', 'upstream_ns'] as const;

/** The columns that times come from. */
export const MEASURED_NAMES: readonly string[] = [
  ...[CROSSING_NAME, ...STATIONS.map(firstName), lastName(STATIONS[LAST]!)],
  ...[BOUND, ACKED, RUN_DELAY, UPSTREAM],
];

type Column = Float64Array;

/** Some rows, a few thousand at most: the same arrays again and again. ns, NaN where it was not measured. */
export class PackedTimes {
  /** To be filled, by MEASURED_NAMES. */
  readonly measured: ReadonlyMap<string, Column>;
  /** To be filled: the smallest round trip of each row's connection, ns. */
  readonly roundTrips: Column;
  /** To be filled: 1 where a clock jumped within the path. */
  readonly gaps: Column;
  /** By TIME_NAMES; `bound` beside them. */
  readonly times: ReadonlyMap<string, Column>;
  readonly #offset: Column;
  readonly #reached: Column;

  constructor(capacity: number) {
    const column = () => new Float64Array(capacity);
    const columns = (names: readonly string[]) => new Map<string, Column>(names.map((name) => [name, column()]));
    this.measured = columns(MEASURED_NAMES);
    [this.roundTrips, this.gaps, this.#offset, this.#reached] = [column(), column(), column(), column()];
    this.times = columns(TIME_NAMES).set('bound', this.#of(BOUND));
  }

  /** Fill `times` for rows [0, rows); what was measured is not as it was any more then. */
  derive(rows: number): void {
    this.#place(rows);
    for (const layer of LAYERS) this.#layer(layer, rows);
    this.#parts('tcp.in', ['tcp.in.ip', 'tcp.in.tcp'], this.#between('vnic.rx', 'tcp.rx', rows), rows);
    this.#parts('wait', ['wait.run', 'wait.busy'], this.#of(RUN_DELAY), rows);
    this.#parts('service', ['service.upstream', 'service.own'], this.#of(UPSTREAM), rows);
    this.#parts('tcp.out', ['tcp.out.tcp', 'tcp.out.ip'], this.#between('app.write', 'tcp.tx', rows), rows);
    this.#vnicBoth(rows);
    this.#endToEnd(rows);
    this.#client(rows);
  }

  #of(name: string): Column {
    return this.measured.get(name)!;
  }

  #at(station: Station): Column {
    return this.#of(firstName(station));
  }

  #time(name: string): Column {
    return this.times.get(name)!;
  }

  /** Steps from one station to the next become places on the timeline of their vantage. */
  #place(rows: number): void {
    const [crossing, offset, reached] = [this.#of(CROSSING_NAME), this.#offset, this.#reached];
    reached.fill(0, 0, rows);
    this.#walk(STATIONS.slice(0, GUEST_IN), rows);
    const leftHost = reached.slice(0, rows);
    for (let row = 0; row < rows; row++) offset[row] = crossing[row]! + leftHost[row]!;
    reached.fill(0, 0, rows);
    this.#walk(STATIONS.slice(GUEST_IN, HOST_AGAIN), rows);
    for (let row = 0; row < rows; row++) {
      const back = reached[row]! + offset[row]!;
      reached[row] = Number.isNaN(back) ? leftHost[row]! : back;
    }
    // The last one counts from the first one already.
    this.#walk(STATIONS.slice(HOST_AGAIN, LAST), rows);
  }

  #walk(stations: readonly Station[], rows: number): void {
    const reached = this.#reached;
    for (const station of stations) {
      const steps = this.#at(station);
      for (let row = 0; row < rows; row++) {
        const step = steps[row]!;
        if (!Number.isNaN(step)) reached[row]! += step;
        steps[row] = Number.isNaN(step) ? step : reached[row]!;
      }
    }
  }

  #layer({ layer, from, to, clock, direction }: LayerDefinition, rows: number): void {
    const found = this.#time(layer);
    if (from === to) found.set(this.#of(lastName(to)));
    else subtract(this.#at(to), this.#at(from), found, rows);
    if (clock === 'crosses') addTo(found, this.#offset, direction === 'in' ? 1 : -1, rows);
    if (clock !== 'host') this.#clearGaps(found, rows);
    clearNegative(found, rows);
  }

  #clearGaps(column: Column, rows: number): void {
    const { gaps } = this;
    for (let row = 0; row < rows; row++) if (gaps[row] === 1) column[row] = Number.NaN;
  }

  /** Into one of the columns that nothing needs any more. */
  #between(from: Station, to: Station, rows: number): Column {
    const found = this.#reached;
    subtract(this.#at(to), this.#at(from), found, rows);
    return found;
  }

  /** What was measured apart may not exceed the whole. */
  #parts(whole: string, [first, rest]: readonly [string, string], measured: Column, rows: number): void {
    const [all, shares, rests] = [this.#time(whole), this.#time(first), this.#time(rest)];
    for (let row = 0; row < rows; row++) {
      const share = measured[row]! > all[row]! ? all[row]! : measured[row]!;
      const isKnown = share >= 0 && all[row]! >= 0;
      shares[row] = isKnown ? share : Number.NaN;
      rests[row] = isKnown ? all[row]! - share : Number.NaN;
    }
  }

  #vnicBoth(rows: number): void {
    const found = this.#time('vnic both');
    subtract(this.#at('tap.rx'), this.#at('tap.tx'), found, rows);
    addTo(found, this.#between('vnic.rx', 'vnic.tx', rows), -1, rows);
    this.#clearGaps(found, rows);
  }

  #endToEnd(rows: number): void {
    const found = this.#time('end to end');
    subtract(this.#at(STATIONS[LAST]!), this.#at(STATIONS[FIRST]!), found, rows);
    addTo(found, this.#of(lastName(STATIONS[LAST]!)), 1, rows);
    clearNegative(found, rows);
  }

  #client(rows: number): void {
    const [found, acked, smallest] = [this.#time('client'), this.#of(ACKED), this.roundTrips];
    for (let row = 0; row < rows; row++) {
      const base = Number.isNaN(smallest[row]!) ? 0 : smallest[row]!;
      found[row] = acked[row]! - base < HELD_BACK_NS ? acked[row]! : smallest[row]!;
    }
  }
}

function subtract(later: Column, earlier: Column, to: Column, rows: number): void {
  for (let row = 0; row < rows; row++) to[row] = later[row]! - earlier[row]!;
}

function addTo(column: Column, more: Column, times: 1 | -1, rows: number): void {
  for (let row = 0; row < rows; row++) column[row]! += times * more[row]!;
}

function clearNegative(column: Column, rows: number): void {
  for (let row = 0; row < rows; row++) if (column[row]! < 0) column[row] = Number.NaN;
}
