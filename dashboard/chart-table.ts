/** The data of each chart as a table: ns and times as they are, to be read by people and programs. Pure. */
import { LAYER_IDS, LAYERS } from '../server/wire/stations.ts';
import { type ChartKind, PRESSURE_NAMES } from './chart-lines.ts';
import type { Cell } from './csv.ts';
import { type Heat, heatCells } from './heat.ts';
import { type Columns, PRESSURES } from './series.ts';

export interface Table {
  head: string[];
  rows: Cell[][];
}

const timeOf = (t: number): string => new Date(t * 1000).toISOString();
const known = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value);
const whole = (value: number | undefined): number | null => (known(value) === null ? null : Math.round(value!));

/** A row for each second or step, along the columns of a chart. */
export function columnsTable(kind: ChartKind, columns: Columns): Table {
  const { head, values } = VALUES[kind](columns);
  const { stepS } = columns;
  const rows = columns.t.map((t, i) => [timeOf(t - (stepS - 1) / 2), stepS, ...values.map((of) => of(i))]);
  return { head: ['from, UTC', 'seconds', ...head], rows };
}

interface Values {
  head: string[];
  values: ((at: number) => Cell)[];
}

const VALUES: Record<ChartKind, (columns: Columns) => Values> = {
  latency: ({ endToEnd, layers }) => ({
    head: ['end to end, ns', ...LAYERS.map(({ layer }) => `${layer}, ns`)],
    values: [
      (i) => whole(endToEnd[i]),
      ...LAYERS.map(
        ({ layer }) =>
          (i: number) =>
            whole(layers[LAYER_IDS.indexOf(layer)]?.[i]),
      ),
    ],
  }),
  rate: ({ count, requests, errors }) => ({
    head: ['requests per second', 'errors per second', 'of all classes per second'],
    values: [(i) => known(requests[i]), (i) => known(errors[i]), (i) => known(count[i])],
  }),
  pressure: ({ pressure }) => ({
    head: PRESSURES.map((name) => `${PRESSURE_NAMES[name]}, share`),
    values: PRESSURES.map((name) => (i: number) => known(pressure[name][i])),
  }),
};

/** A row for each cell that counted something. */
export function heatTable(heat: Heat): Table {
  const rows = heatCells(heat).map(({ fromS, aboveNs, upToNs, requests }) => [
    ...[timeOf(fromS), heat.stepS, Math.round(aboveNs), Math.round(upToNs), requests],
  ]);
  return { head: ['from, UTC', 'seconds', 'longer than, ns', 'up to, ns', 'requests'], rows };
}
