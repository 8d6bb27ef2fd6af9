/** The terminal view as lines of text. Pure: size, time and choice are given. */
import { duration } from '../compare/sentence.ts';
import { DETAILS, LAYER_IDS, LAYERS, type LayerId } from '../wire/stations.ts';
import type { LayerRow, PathView, Quantiles, SecondRow } from '../wire/views.ts';
import { healthLines } from './health-lines.ts';
import { plainStyle, type Style } from './style.ts';
import type { Now } from './watched.ts';

export type TopQuantile = 'p50' | 'p90' | 'p99';

export interface View {
  now: Now;
  vm: string;
  quantile: TopQuantile;
  /** Of `vm`, oldest first, one per second; null where nothing was measured. */
  seconds: (SecondRow | null)[];
  paths: PathView[];
  order: 'slowest' | 'newest';
  paused: boolean;
  /** Why what is shown may be old; null while the server speaks. */
  trouble: string | null;
}

export interface Size {
  columns: number;
  rows: number;
}

const BARS = '▁▂▃▄▅▆▇█';
const NOT_MEASURED = '·';
const LAYER_WIDTH = 19;
const NUMBER_WIDTH = 9;
const DETAIL_OF = new Map<LayerId, LayerId>(DETAILS.map(({ layer, of }) => [layer, of]));
const CROSSING = new Set<LayerId>(LAYERS.filter(({ clock }) => clock === 'crosses').map(({ layer }) => layer));
/** Each layer of the sum, followed by its parts; the client's estimate last. */
const ROWS: readonly LayerId[] = [
  ...LAYERS.flatMap(({ layer }) => [layer, ...DETAILS.filter(({ of }) => of === layer).map((part) => part.layer)]),
  'client',
];

/** At most `rows` lines, none wider than `columns`; requests give way first, then parts of layers. */
export function screen(view: View, { columns, rows }: Size, style: Style = plainStyle): string[] {
  const head = headLines(view, columns, style);
  const health = ['', ...healthLines(view.now.health, style)];
  const room = rows - head.length - health.length;
  const table = layerLines(view, columns, room);
  const requests = requestLines(view, room - table.length, style);
  return [...head, style.dim(tableHead(view, columns)), ...table.slice(1), ...requests, ...health]
    .slice(0, rows)
    .map((line) => style.cut(line, columns));
}

function headLines(view: View, columns: number, style: Style): string[] {
  const { now, vm, seconds, paused, trouble } = view;
  const row = rowOf(view);
  const title = `${style.bold('hopscope top')}  ${now.run.name}  ${vm || 'no VM yet'}${vmCount(now)}`;
  const state = trouble ?? (paused ? 'paused: p goes on' : new Date(now.nowMs).toISOString().slice(11, 19));
  const note = now.run.recordedMs === null ? [] : [style.strong(recordingNote(now.run.recordedMs))];
  return [
    `${title}  ${trouble === null ? style.dim(state) : style.alarm(state)}`,
    ...note,
    `${rateText(seconds)}  ${row?.errors ?? 0} errors in 10 s  ${now.run.exchanges} exchanges in the run`,
    `end to end  ${quantilesText(row?.endToEnd)}  ${sparkline(valuesOf(view, 'end to end'), columns - 62)}`,
    '',
  ];
}

function recordingNote(recordedMs: number): string {
  return `A RECORDING, measured ${new Date(recordedMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function vmCount({ run }: Now): string {
  return run.vms.length > 1 ? ` (${run.vms.length} VMs: v for the next)` : '';
}

function rateText(seconds: readonly (SecondRow | null)[]): string {
  const last = seconds.slice(-5);
  const count = last.reduce((sum, row) => sum + (row?.classes[0] ?? 0), 0);
  return `${(count / Math.max(1, last.length)).toFixed(0)} req/s`;
}

function quantilesText(of: Quantiles | undefined): string {
  return (['p50', 'p90', 'p99'] as const).map((name) => `${name} ${cell(of?.[name])}`).join('  ');
}

function cell(ns: number | null | undefined): string {
  return (ns === null || ns === undefined ? '–' : duration(ns)).padStart(NUMBER_WIDTH);
}

function tableHead({ quantile }: View, columns: number): string {
  const numbers = ['p50', 'p90', 'p99', '±'].map((name) => name.padStart(NUMBER_WIDTH)).join(' ');
  return `${'LAYER (10 s)'.padEnd(LAYER_WIDTH)}${numbers}  share${columns > 80 ? `  ${quantile}, a second each` : ''}`;
}

/** The first line's place is the head's. */
function layerLines(view: View, columns: number, room: number): string[] {
  const row = rowOf(view);
  const measured = ROWS.filter((layer) => !DETAIL_OF.has(layer) || numberOf(row, 'mean', layer) !== null);
  // Seven lines more for requests, or the parts of layers go.
  const shown = measured.length + 7 <= room ? measured : ROWS.filter((layer) => !DETAIL_OF.has(layer));
  return ['', ...shown.map((layer) => layerLine(view, row, layer, columns))];
}

function layerLine(view: View, row: LayerRow | undefined, layer: LayerId, columns: number): string {
  const name = DETAIL_OF.has(layer) ? `  ${layer}` : layer;
  const numbers = (['p50', 'p90', 'p99'] as const).map((quantile) => cell(numberOf(row, quantile, layer)));
  const bound = CROSSING.has(layer) ? cell(view.now.health.clock.boundNs) : ''.padStart(NUMBER_WIDTH);
  const bar = sparkline(valuesOf(view, layer), columns - 68);
  return `${name.padEnd(LAYER_WIDTH)}${[...numbers, bound].join(' ')} ${shareText(row, layer)}  ${bar}`;
}

/** Of the mean end-to-end time; the client stands beside it. */
function shareText(row: LayerRow | undefined, layer: LayerId): string {
  const mean = numberOf(row, 'mean', layer);
  const whole = row?.endToEnd.mean ?? null;
  if (layer === 'client' || mean === null || whole === null || whole === 0) return ''.padStart(6);
  return `${((100 * mean) / whole).toFixed(1)} %`.padStart(6);
}

function rowOf({ now, vm }: View): LayerRow | undefined {
  return now.recent.find((row) => row.vm === vm);
}

function numberOf(row: LayerRow | undefined, which: TopQuantile | 'mean', layer: LayerId): number | null {
  return row?.[which][LAYER_IDS.indexOf(layer)] ?? null;
}

function valuesOf({ seconds, quantile }: View, layer: LayerId | 'end to end'): (number | null)[] {
  return seconds.map((row) => {
    if (row === null) return null;
    return layer === 'end to end' ? row.endToEnd[quantile] : (row[quantile][LAYER_IDS.indexOf(layer)] ?? null);
  });
}

/** The newest values on the right, from 0 to the largest; empty where there is no room. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  if (width < 8) return '';
  const shown = values.slice(-width);
  const most = Math.max(...shown.map((value) => value ?? 0));
  if (!(most > 0)) return NOT_MEASURED.repeat(shown.length);
  return shown
    .map((value) => (value === null ? NOT_MEASURED : BARS[Math.min(7, Math.max(0, Math.floor((8 * value) / most)))]))
    .join('');
}

function requestLines({ paths, order, vm }: View, room: number, style: Style): string[] {
  const shown = paths.filter((path) => vm === '' || path.vm === vm).slice(0, Math.max(0, room - 2));
  if (shown.length === 0) return [];
  const head = [`${order.toUpperCase()} REQUESTS`.padEnd(LAYER_WIDTH), 'end to end  status  where most of it was'];
  return ['', style.dim(head.join('')), ...shown.map(requestLine)];
}

function requestLine(path: PathView): string {
  const at = new Date(path.atMs).toISOString().slice(11, 23);
  const what = path.method === '' ? path.protocol : `${path.method} ${path.path}`;
  const most = path.layers
    .filter(({ of, layer, ns }) => of === null && layer !== 'client' && ns !== null)
    .reduce<(typeof path.layers)[number] | null>((a, b) => (a !== null && a.ns! >= b.ns! ? a : b), null);
  const where = most === null ? '–' : `${most.layer} ${duration(most.ns!)}`;
  const status = path.status === 0 ? '–' : String(path.status);
  return `${at.padEnd(LAYER_WIDTH)}${cell(path.endToEndNs)}   ${status.padStart(5)}  ${where.padEnd(24)} ${what}`;
}
