/** The times of a run's requests as columns, for what wants all of them at once. */
import { exactQuantiles } from '../compare/exact-quantiles.ts';
import { vnicRoundTrip } from '../join/layers.ts';
import { LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import { CLASSES } from '../wire/record.ts';
import { LAYER_IDS } from '../wire/stations.ts';
import { type PathFilter, rowFilter } from './path-filter.ts';
import type { StoredPaths } from './store.ts';

const REQUEST = CLASSES.indexOf('request');

/** What a request has a time of. */
export const TIME_NAMES: readonly string[] = [...LAYER_IDS, 'vnic both', 'end to end'];

/** Times of a run's requests in the order of time, ns, NaN where not measured, by TIME_NAMES. */
export type RequestTimes = ReadonlyMap<string, Float64Array>;

export interface RunTimes {
  /** Paths of the run that are kept, requests or not. */
  rows: number;
  times: RequestTimes;
  /** Proven ± of `vnic.in` and `vnic.out`, request by request. */
  bounds: Float64Array;
}

export interface TimeQuantiles {
  /** One of TIME_NAMES. */
  name: string;
  /** Requests in which it was measured. */
  count: number;
  /** ns, along the quantiles that were asked for; null where nothing was measured. */
  values: (number | null)[];
}

export interface RunQuantiles {
  /** Requests of the run that are kept. */
  requests: number;
  times: TimeQuantiles[];
}

/** From all paths of a run. @param names of TIME_NAMES @param within only of those that began in it */
export async function timesOf(
  paths: AsyncIterable<StoredPaths>,
  names: readonly string[],
  within?: PathFilter['within'],
): Promise<RunTimes> {
  const isMeant = rowFilter({ ...(within && { within }) });
  const all: { atMs: number; columns: PathColumns; row: number }[] = [];
  let rows = 0;
  for await (const { columns } of paths) {
    for (let row = 0; row < columns.count; row++) {
      if (!isMeant(columns, row)) continue;
      rows++;
      if (columns.class[row] === REQUEST) all.push({ atMs: columns.atMs[row]!, columns, row });
    }
  }
  all.sort((a, b) => a.atMs - b.atMs);
  const column = (read: Read) => Float64Array.from(all, ({ columns, row }) => read(columns, row));
  const times = new Map(names.map((name) => [name, column(reader(name))]));
  return { rows, times, bounds: column((columns, row) => columns.bound[row]!) };
}

type Read = (columns: PathColumns, row: number) => number;

function reader(name: string): Read {
  if (name === 'end to end') return ({ endToEnd }, row) => endToEnd[row]!;
  if (name === 'vnic both') return vnicRoundTrip;
  const at = (LAYER_IDS as readonly string[]).indexOf(name);
  return ({ layers }, row) => layers[row * LAYER_COUNT + at]!;
}

export function quantilesOf({ times, bounds }: RunTimes, quantiles: readonly number[]): RunQuantiles {
  const of = ([name, values]: [string, Float64Array]): TimeQuantiles => ({
    name,
    count: values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0),
    values: exactQuantiles(values, quantiles).map((value) => (Number.isNaN(value) ? null : value)),
  });
  return { requests: bounds.length, times: [...times].map(of) };
}
