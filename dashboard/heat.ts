/** How many requests took how long in each stretch of time, as a grid of counts. Pure. */
import type { HeatColumn, SeriesPoint } from '../server/wire/series-views.ts';

/** A point of a series with its histogram. */
export type HeatPoint = Pick<SeriesPoint, 't' | 'count' | 'endToEnd'> & { heat?: HeatColumn };

/** Counts of columns of time by rows of latency. */
export interface Heat {
  /** First second of the first column, and seconds of each. */
  fromS: number;
  stepS: number;
  columns: number;
  rows: number;
  /** Index of the lowest row's bucket. */
  lowest: number;
  /** Bucket i holds (2^(i/2^scale), 2^((i+1)/2^scale)] ns. */
  scale: number;
  /** Column by column, from the lowest row up. */
  counts: Float64Array;
  /** The largest count. */
  most: number;
  /** Where somebody measured, 1; else 0. */
  measured: Uint8Array;
}

/** The least and the greatest ns of a bucket. */
export function bucketEnds(index: number, scale: number): [aboveNs: number, upToNs: number] {
  return [2 ** (index / 2 ** scale), 2 ** ((index + 1) / 2 ** scale)];
}

/** @param points one after the other, a step apart @returns null where there is nothing to draw */
export function heatOf(points: readonly HeatPoint[], stepS: number, scale: number): Heat | null {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const { heat } of points) {
    if (heat === undefined || heat.counts.length === 0) continue;
    lowest = Math.min(lowest, heat.offset);
    highest = Math.max(highest, heat.offset + heat.counts.length - 1);
  }
  if (lowest > highest) return null;
  const fromS = points[0]!.t;
  const columns = Math.round((points.at(-1)!.t - fromS) / stepS) + 1;
  const rows = highest - lowest + 1;
  const counts = new Float64Array(columns * rows);
  const measured = new Uint8Array(columns);
  let most = 0;
  for (const { t, count, heat } of points) {
    const column = Math.round((t - fromS) / stepS);
    if (count !== null) measured[column] = 1;
    heat?.counts.forEach((n, i) => {
      counts[column * rows + heat.offset - lowest + i] = n;
      if (n > most) most = n;
    });
  }
  return { fromS, stepS, columns, rows, lowest, scale, counts, most, measured };
}

/** One cell of the grid that counted something. */
export interface HeatCell {
  fromS: number;
  aboveNs: number;
  upToNs: number;
  requests: number;
}

/** Oldest first, the fastest requests first. */
export function heatCells({ fromS, stepS, columns, rows, lowest, scale, counts }: Heat): HeatCell[] {
  const cells: HeatCell[] = [];
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const requests = counts[column * rows + row]!;
      if (requests === 0) continue;
      const [aboveNs, upToNs] = bucketEnds(lowest + row, scale);
      cells.push({ fromS: fromS + column * stepS, aboveNs, upToNs, requests });
    }
  }
  return cells;
}

/** Of a column: all its requests. */
export function columnSum({ rows, counts }: Heat, column: number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += counts[column * rows + row]!;
  return sum;
}

/** 0 where nothing was counted, else 1/255 to 1: by the order of magnitude, so that one request among thousands is seen. */
export function strength(count: number, most: number): number {
  if (count <= 0) return 0;
  return Math.max(1 / 255, Math.log1p(count) / Math.log1p(most));
}
