/** What each kind of chart draws: its lines in order, and their values from columns. Plain data; computes nothing. */
import { LAYER_IDS, LAYERS } from '../server/wire/stations.ts';
import type { Area, Point } from './chart-stack.ts';
import { type Columns, PRESSURES } from './series.ts';

export type ChartKind = 'latency' | 'rate' | 'pressure';

/** Resolves a variable of the style sheet, without its leading dashes. */
export type Colour = (name: string) => string;
/** A pattern of lines in a colour. */
export type Hatch = (colour: string) => CanvasPattern | string;

/** The layers whose values carry the clock's bound. */
export const CROSSING: readonly string[] = LAYERS.filter((l) => l.clock === 'crosses').map((l) => l.layer);

export const PRESSURE_NAMES: Record<(typeof PRESSURES)[number], string> = {
  steal: 'steal in the guest',
  vcpuDelay: 'vCPU run delay',
  hostPressure: 'CPU pressure, host',
  guestPressure: 'CPU pressure, guest',
};

function line(label: string, colour: string) {
  return { label, borderColor: colour, backgroundColor: colour, pointHoverBackgroundColor: colour };
}

/** Layers are areas in the order of the path, which a plugin fills; the end-to-end line lies on top and in no stack. */
function latencyLines(colour: Colour) {
  const layers = LAYERS.map(({ layer }) => ({ ...line(layer, colour(variable(layer))), showLine: false }));
  return [{ ...line('end to end', colour('text')), borderWidth: 1.75, order: -1 }, ...layers];
}

const variable = (layer: string): string => `layer-${layer.replace('.', '-')}`;

/** Along the lines: where a layer's value is less than its bound, it is hatched. */
export function chartAreas(kind: ChartKind, colour: Colour, hatch: Hatch): (Area | null)[] {
  if (kind !== 'latency') return [];
  const layers = LAYERS.map(({ layer, clock }) => {
    const fill = colour(variable(layer));
    return { fill, hatched: clock === 'crosses' ? hatch(fill) : null };
  });
  return [null, ...layers];
}

/** Errors are marks of their own shape: one among a thousand must not vanish in a line. */
function rateLines(colour: Colour) {
  const marks = { showLine: false, pointStyle: 'triangle', pointRadius: 4, order: -1 } as const;
  return [
    { ...line('errors', colour('bad')), ...marks, pointBackgroundColor: colour('bad') },
    { ...line('of other classes', colour('muted')), stepped: 'middle' as const, borderWidth: 1.25, borderDash: [3, 2] },
    {
      ...line('requests', colour('accent')),
      stepped: 'middle' as const,
      fill: true,
      borderWidth: 1.5,
      backgroundColor: colour('accent-fill'),
    },
  ];
}

/** Told apart by dashes as well as by colour. */
const DASHES: Record<(typeof PRESSURES)[number], number[]> = {
  steal: [],
  vcpuDelay: [6, 3],
  hostPressure: [2, 2],
  guestPressure: [8, 3, 2, 3],
};

function pressureLines(colour: Colour) {
  return PRESSURES.map((name) => ({
    ...line(PRESSURE_NAMES[name], colour(`pressure-${name}`)),
    borderWidth: 1.5,
    borderDash: DASHES[name],
  }));
}

export function chartLines(kind: ChartKind, colour: Colour) {
  if (kind === 'latency') return latencyLines(colour);
  return kind === 'rate' ? rateLines(colour) : pressureLines(colour);
}

/** A second without errors gets no mark, nor does one without exchanges of other classes. */
function rateData({ count, requests, errors }: Columns): number[][] {
  return [errors.map((n) => n || Number.NaN), count.map((n, i) => n - requests[i]! || Number.NaN), requests];
}

/** A layer without a value takes no room in the stack; a second without a row breaks every line. */
function latencyData({ t, count, endToEnd, layers }: Columns): number[][] {
  const stacked = LAYERS.map(({ layer }) => {
    const values = layers[LAYER_IDS.indexOf(layer)] ?? [];
    return t.map((_, i) => (count[i]! > 0 ? values[i] || 0 : Number.NaN));
  });
  return [endToEnd, ...stacked];
}

/** One array per line of {@link chartLines}, along the columns' seconds; what is stacked is added up. @param only the line that is drawn, empty for all */
export function chartData(kind: ChartKind, columns: Columns, only: string): Point[][] {
  const lines = linesOf(kind, columns);
  const below = columns.t.map(() => 0);
  return lines.map((values, line) =>
    values.map((own, at) => {
      const isStacked = kind === 'latency' && line > 0 && only === '';
      if (isStacked) below[at]! += own;
      return { x: columns.t[at]!, y: isStacked ? below[at]! : own, own };
    }),
  );
}

function linesOf(kind: ChartKind, columns: Columns): number[][] {
  if (kind === 'latency') return latencyData(columns);
  return kind === 'rate' ? rateData(columns) : PRESSURES.map((name) => columns.pressure[name]);
}
