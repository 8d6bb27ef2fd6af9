/** What each kind of chart draws: its lines in order, and their values from columns. Plain data; computes nothing. */
import { LAYER_IDS, LAYERS } from '../server/wire/stations.ts';
import { isBelowBound } from './format.ts';
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

/**
 * Layers are stacked in the order of the path; the end-to-end line lies on top
 * and in no stack. Where a layer's value is less than its bound, it is hatched.
 */
function latencyLines(colour: Colour, hatch: Hatch, boundNs: () => number | null) {
  const layers = LAYERS.map(({ layer, clock }) => {
    const own = colour(`layer-${layer.replace('.', '-')}`);
    const base = { ...line(layer, own), stack: 'layers', fill: true, borderWidth: 0 };
    if (clock !== 'crosses') return base;
    const hatched = hatch(own);
    const backgroundColor = ({ p1 }: { p1: { raw?: unknown } }) =>
      isBelowBound((p1.raw as { y: number } | undefined)?.y, boundNs()) ? hatched : own;
    return { ...base, segment: { backgroundColor } };
  });
  return [{ ...line('end to end', colour('text')), stack: 'total', borderWidth: 1.75, order: -1 }, ...layers];
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

export function chartLines(kind: ChartKind, colour: Colour, hatch: Hatch, boundNs: () => number | null) {
  if (kind === 'latency') return latencyLines(colour, hatch, boundNs);
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

/** One array per line of {@link chartLines}, along the columns' seconds. */
export function chartData(kind: ChartKind, columns: Columns): number[][] {
  if (kind === 'latency') return latencyData(columns);
  return kind === 'rate' ? rateData(columns) : PRESSURES.map((name) => columns.pressure[name]);
}
