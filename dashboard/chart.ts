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
  PointElement,
  Tooltip,
} from 'chart.js';
import { latencyAxis, RIGHT_PX, rateAxis, shareAxis, timeAxis } from './chart-axes.ts';
import { type Band, type BandPaint, bandLook, bandPlugin, NO_BANDS } from './chart-bands.ts';
import { type ChartKind, type Colour, chartAreas, chartData, chartLines, type Hatch } from './chart-lines.ts';
import { type Area, type Point, stackPlugin } from './chart-stack.ts';
import { type TooltipFacts, tooltip } from './chart-tooltip.ts';
import { pageZoom } from './page-zoom.ts';
import type { Columns } from './series.ts';
import { shownTheme } from './theme.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, Filler, Tooltip);

export interface ChartInput {
  columns: Columns;
  /** The axis runs from fromS to toS, seconds since the epoch. */
  fromS: number;
  toS: number;
  bands: readonly Band[];
  /** ± of the layers that cross clocks, ns; null where unknown. */
  boundNs: number | null;
  /** Layers without a value and why, in words; empty where all have one. */
  missing: string;
  /** The only line that is drawn, by its name; all where it is empty or left out. */
  only?: string;
}

/** Where a chart draws, px from its canvas' left edge, and the seconds at both ends. */
export interface TimeArea {
  left: number;
  right: number;
  fromS: number;
  toS: number;
}

/** So many points may stand alone. */
const FEW = 4;

type Line = ChartDataset<'line', Point[]>;

const VALUE_AXES = { latency: latencyAxis, rate: rateAxis, pressure: shareAxis };

/** One chart on one canvas, from mount to {@link LiveChart.destroy}. */
export class LiveChart {
  readonly #kind: ChartKind;
  readonly #canvas: HTMLCanvasElement;
  readonly #chart: Chart<'line', Point[]>;
  readonly #leaveTheme: () => void;
  #bands: BandPaint = NO_BANDS;
  #areas: (Area | null)[] = [];
  #facts: TooltipFacts = { boundNs: null, missing: '', bands: [], stepS: 1 };

  constructor(canvas: HTMLCanvasElement, kind: ChartKind) {
    this.#kind = kind;
    this.#canvas = canvas;
    Chart.defaults.font.family = getComputedStyle(canvas).fontFamily;
    this.#chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      plugins: [
        stackPlugin(
          () => this.#areas,
          () => this.#facts.boundNs,
        ),
        bandPlugin(() => this.#bands),
      ],
      options: this.#options(),
    });
    // Says at once what the theme is: that paints it.
    this.#leaveTheme = shownTheme.subscribe(() => this.#paint());
  }

  /** Shows `input`; the arrays are copied into points. */
  draw(input: ChartInput): void {
    const { columns, fromS, toS, bands, boundNs, missing, only = '' } = input;
    for (const [i, points] of chartData(this.#kind, columns, only).entries()) {
      const dataset = this.#chart.data.datasets[i]!;
      dataset.data = points;
      dataset.hidden = only !== '' && dataset.label !== only;
    }
    Object.assign(this.#chart.options.scales!.x!, { min: fromS, max: toS });
    // A point alone makes no line.
    this.#chart.options.elements!.point!.radius = columns.t.length <= FEW ? 3 : 0;
    this.#facts = { boundNs, missing, bands, stepS: columns.stepS };
    this.#bands = { ...this.#bands, bands };
    this.#sharpen();
    this.#chart.update('none');
  }

  /** As many pixels as the screen has, also where the page is larger than usual. */
  #sharpen(): void {
    const ratio = devicePixelRatio * pageZoom(this.#canvas);
    if (ratio === this.#chart.currentDevicePixelRatio) return;
    this.#chart.options.devicePixelRatio = ratio;
    const { clientWidth, clientHeight } = this.#canvas.parentElement!;
    this.#chart.resize(clientWidth, clientHeight);
  }

  /** Where it draws now. */
  get area(): TimeArea {
    const { chartArea, scales } = this.#chart;
    return { left: chartArea.left, right: chartArea.right, fromS: scales.x!.min, toS: scales.x!.max + 1 };
  }

  destroy(): void {
    this.#leaveTheme();
    this.#chart.destroy();
  }

  readonly #colour: Colour = (name) => getComputedStyle(this.#canvas).getPropertyValue(`--${name}`).trim();

  readonly #paint = (): void => {
    const colour = this.#colour;
    const before = this.#chart.data.datasets;
    this.#areas = chartAreas(this.#kind, colour, hatchPattern);
    const lines = chartLines(this.#kind, colour) as Omit<Line, 'data'>[];
    this.#chart.data.datasets = lines.map((l, i) => ({
      ...l,
      data: before[i]?.data ?? [],
      hidden: before[i]?.hidden ?? false,
    }));
    for (const scale of Object.values(this.#chart.options.scales!)) {
      Object.assign(scale!.ticks!, { color: colour('muted') });
      Object.assign(scale!.grid!, { color: colour('grid') });
    }
    Object.assign(this.#chart.options.plugins!.tooltip!, {
      backgroundColor: colour('raised'),
      borderColor: colour('line'),
      titleColor: colour('text'),
      bodyColor: colour('text'),
      footerColor: colour('warn'),
    });
    this.#bands = { ...this.#bands, ...bandLook(colour, String(Chart.defaults.font.family)) };
    this.#chart.update('none');
  };

  #options(): Chart<'line', Point[]>['options'] {
    return {
      animation: false,
      parsing: false,
      normalized: true,
      maintainAspectRatio: false,
      layout: { autoPadding: false, padding: { right: RIGHT_PX, top: 4 } },
      interaction: { mode: 'index', intersect: false },
      elements: { point: { radius: 0, hitRadius: 0, hoverRadius: 3 }, line: { borderJoinStyle: 'round' } },
      scales: { x: timeAxis(), y: VALUE_AXES[this.#kind]() },
      plugins: { tooltip: tooltip(this.#kind, () => this.#facts) },
    };
  }
}

/** Thin slanted lines in `colour` on nothing. */
const hatchPattern: Hatch = (colour) => {
  const tile = document.createElement('canvas');
  tile.width = 6;
  tile.height = 6;
  const ctx = tile.getContext('2d')!;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  for (const x of [-6, 0, 6]) {
    ctx.moveTo(x, 6);
    ctx.lineTo(x + 6, 0);
  }
  ctx.stroke();
  return ctx.createPattern(tile, 'repeat') ?? colour;
};
