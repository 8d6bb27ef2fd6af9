/**
 * The only file that knows chart.js. A chart eats columns and computes
 * nothing; colours come from the style sheet's variables, again on every
 * change of the colour scheme.
 */
import {
  Chart,
  type ChartDataset,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  type Plugin,
  PointElement,
  Tooltip,
} from 'chart.js';
import { LAYER_IDS, LAYERS } from '../server/wire/stations.ts';
import { axisDuration, formatCount, formatDuration, formatTime } from './format.ts';
import type { Columns } from './series.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, Filler, Tooltip);

export type ChartKind = 'latency' | 'rate';

/** A stretch without data and why; seconds since the epoch. */
export interface GapBand {
  fromS: number;
  toS: number;
  label: string;
}

export interface ChartInput {
  columns: Columns;
  /** The axis runs from fromS to toS, seconds since the epoch. */
  fromS: number;
  toS: number;
  gaps: GapBand[];
}

type Point = { x: number; y: number };
type Line = ChartDataset<'line', Point[]>;
/** Resolves a variable of the style sheet, without its leading dashes. */
type Colour = (name: string) => string;

/** Seconds between two labels of the time axis, per length of the window. */
function timeStep(spanS: number, widthPx: number): number {
  const room = Math.max(2, Math.floor(widthPx / 90));
  return [10, 15, 30, 60, 120, 180, 300].find((step) => spanS / step <= room) ?? 300;
}

function line(label: string, colour: string, more: Partial<Line>): Line {
  return { label, data: [], borderColor: colour, backgroundColor: colour, pointHoverBackgroundColor: colour, ...more };
}

/** Layers are stacked in the order of the path; the end-to-end line lies on top and in no stack. */
function latencyLines(colour: Colour): Line[] {
  const layers = LAYERS.map(({ layer }) =>
    line(layer, colour(`layer-${layer.replace('.', '-')}`), { stack: 'layers', fill: true, borderWidth: 0 }),
  );
  return [line('end to end', colour('text'), { stack: 'total', borderWidth: 1.75, order: -1 }), ...layers];
}

/** Errors are marks of their own shape: one among a thousand must not vanish in a line. */
function rateLines(colour: Colour): Line[] {
  const marks = { showLine: false, pointStyle: 'triangle', pointRadius: 4, order: -1 } as const;
  return [
    line('errors', colour('bad'), { ...marks, pointBackgroundColor: colour('bad') }),
    line('requests', colour('accent'), {
      stepped: 'middle',
      fill: true,
      borderWidth: 1.5,
      backgroundColor: colour('accent-fill'),
    }),
  ];
}

/** A second without errors gets no mark. */
function rateData({ count, errors }: Columns): number[][] {
  return [errors.map((n) => n || Number.NaN), count];
}

/** A layer without a value takes no room in the stack; a second without a row breaks every line. */
function latencyData({ t, count, endToEnd, layers }: Columns): number[][] {
  const stacked = LAYERS.map(({ layer }) => {
    const values = layers[LAYER_IDS.indexOf(layer)] ?? [];
    return t.map((_, i) => (count[i]! > 0 ? values[i] || 0 : Number.NaN));
  });
  return [endToEnd, ...stacked];
}

interface GapPaint {
  bands: GapBand[];
  line: string;
  text: string;
}

/** Marks what is not there: a hatched band over each gap, named at its top. */
function gapPlugin(paint: () => GapPaint): Plugin<'line'> {
  return {
    id: 'gaps',
    beforeDatasetsDraw(chart) {
      const { left, right } = chart.chartArea;
      const at = (second: number) => chart.scales.x!.getPixelForValue(second);
      for (const band of paint().bands) {
        const from = Math.max(left, at(band.fromS));
        const to = Math.min(right, Math.max(at(band.toS), from + 2));
        if (to > from) hatch(chart, from, to, band.label, paint());
      }
    },
  };
}

function hatch({ ctx, chartArea: area }: Chart, from: number, to: number, label: string, paint: GapPaint): void {
  ctx.save();
  ctx.strokeStyle = paint.line;
  ctx.fillStyle = paint.text;
  ctx.font = `11px ${Chart.defaults.font.family}`;
  // The label stays on the chart: it is written towards the middle.
  const toLeft = from > (area.left + area.right) / 2;
  ctx.textAlign = toLeft ? 'right' : 'left';
  ctx.fillText(label, toLeft ? from - 4 : to + 4, area.top + 12);
  ctx.beginPath();
  ctx.rect(from, area.top, to - from, area.height);
  ctx.clip();
  for (let x = from - area.height; x < to; x += 8) {
    ctx.moveTo(x, area.bottom);
    ctx.lineTo(x + area.height, area.top);
  }
  ctx.rect(from, area.top, to - from, area.height);
  ctx.stroke();
  ctx.restore();
}

/** One chart on one canvas, from mount to {@link LiveChart.destroy}. */
export class LiveChart {
  readonly #kind: ChartKind;
  readonly #canvas: HTMLCanvasElement;
  readonly #chart: Chart<'line', Point[]>;
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  #gaps: GapPaint = { bands: [], line: '', text: '' };

  constructor(canvas: HTMLCanvasElement, kind: ChartKind) {
    this.#kind = kind;
    this.#canvas = canvas;
    Chart.defaults.font.family = getComputedStyle(canvas).fontFamily;
    this.#chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      plugins: [gapPlugin(() => this.#gaps)],
      options: this.#options(),
    });
    this.#paint();
    this.#scheme.addEventListener('change', this.#paint);
  }

  /** Shows `input`; the arrays are copied into points. */
  draw({ columns, fromS, toS, gaps }: ChartInput): void {
    const data = this.#kind === 'latency' ? latencyData(columns) : rateData(columns);
    for (const [i, values] of data.entries()) {
      this.#chart.data.datasets[i]!.data = values.map((y, at) => ({ x: columns.t[at]!, y }));
    }
    Object.assign(this.#chart.options.scales!.x!, { min: fromS, max: toS });
    this.#gaps.bands = gaps;
    this.#chart.update('none');
  }

  destroy(): void {
    this.#scheme.removeEventListener('change', this.#paint);
    this.#chart.destroy();
  }

  readonly #colour: Colour = (name) => getComputedStyle(this.#canvas).getPropertyValue(`--${name}`).trim();

  readonly #paint = (): void => {
    const colour = this.#colour;
    const before = this.#chart.data.datasets;
    const lines = this.#kind === 'latency' ? latencyLines(colour) : rateLines(colour);
    this.#chart.data.datasets = lines.map((l, i) => ({ ...l, data: before[i]?.data ?? [] }));
    for (const scale of Object.values(this.#chart.options.scales!)) {
      Object.assign(scale!.ticks!, { color: colour('muted') });
      Object.assign(scale!.grid!, { color: colour('grid') });
    }
    Object.assign(this.#chart.options.plugins!.tooltip!, {
      backgroundColor: colour('raised'),
      borderColor: colour('line'),
      titleColor: colour('text'),
      bodyColor: colour('text'),
      footerColor: colour('muted'),
    });
    this.#gaps = { bands: this.#gaps.bands, line: colour('line'), text: colour('muted') };
    this.#chart.update('none');
  };

  #options(): Chart<'line', Point[]>['options'] {
    const latency = this.#kind === 'latency';
    return {
      animation: false,
      parsing: false,
      normalized: true,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      elements: { point: { radius: 0, hitRadius: 0, hoverRadius: 3 }, line: { borderJoinStyle: 'round' } },
      scales: { x: timeAxis(), y: latency ? latencyAxis() : rateAxis() },
      plugins: { tooltip: tooltip(latency) },
    };
  }
}

function timeAxis() {
  return {
    type: 'linear' as const,
    border: { display: false },
    grid: { drawTicks: false },
    ticks: { maxRotation: 0, padding: 6, callback: (value: number | string) => formatTime(Number(value) * 1000) },
    // Ticks stay on round seconds, so that labels wander with the data instead of jumping.
    afterBuildTicks(scale: { min: number; max: number; width: number; ticks: { value: number }[] }) {
      const step = timeStep(scale.max - scale.min, scale.width);
      const first = Math.ceil(scale.min / step) * step;
      const count = Math.max(0, Math.floor((scale.max - first) / step) + 1);
      scale.ticks = Array.from({ length: count }, (_, i) => ({ value: first + i * step }));
    },
  };
}

function latencyAxis() {
  return {
    beginAtZero: true,
    stacked: true,
    border: { display: false },
    grid: { drawTicks: false },
    ticks: {
      padding: 6,
      maxTicksLimit: 6,
      callback: (value: number | string, _index: number, ticks: { value: number }[]) =>
        axisDuration(Number(value), (ticks[1]?.value ?? 1) - (ticks[0]?.value ?? 0), ticks.at(-1)?.value ?? 0),
    },
  };
}

function rateAxis() {
  return {
    beginAtZero: true,
    suggestedMax: 10,
    border: { display: false },
    grid: { drawTicks: false },
    ticks: { padding: 6, maxTicksLimit: 4, precision: 0, callback: (v: number | string) => formatCount(Number(v)) },
  };
}

function tooltip(latency: boolean) {
  const value = latency ? formatDuration : (n: number) => `${formatCount(n)} req`;
  return {
    borderWidth: 1,
    boxWidth: 10,
    boxHeight: 10,
    padding: 8,
    // From the top of the stack to its foot, as it is drawn.
    itemSort: (a: { datasetIndex: number }, b: { datasetIndex: number }) =>
      latency ? rank(b.datasetIndex) - rank(a.datasetIndex) : b.datasetIndex - a.datasetIndex,
    callbacks: {
      title: (items: { parsed: { x: number | null } }[]) => formatTime((items[0]?.parsed.x ?? 0) * 1000),
      label: (item: { dataset: { label?: string | undefined }; parsed: { y: number | null } }) =>
        `${item.dataset.label}  ${value(item.parsed.y ?? Number.NaN)}`,
    },
  };
}

/** The end-to-end line, dataset 0, is told above the stack. */
const rank = (datasetIndex: number): number => (datasetIndex === 0 ? Number.POSITIVE_INFINITY : datasetIndex);
