/**
 * The heatmap on its canvas: one pixel per cell in a small picture, which is
 * then stretched over the chart. Drawn once per frame at most, from typed arrays.
 */
import type { TimeArea } from './chart.ts';
import { latencyTicks, RIGHT_PX, timeLabel, timeTicks, VALUE_AXIS_PX } from './chart-axes.ts';
import { type Band, type BandPaint, bandLook, drawHatches, drawMarks, NO_BANDS } from './chart-bands.ts';
import { formatTick } from './format.ts';
import { bucketEnds, type Heat } from './heat.ts';
import { parseColour, ramp, shade } from './heat-colours.ts';
import { pageZoom } from './page-zoom.ts';
import { shownTheme } from './theme.ts';

export interface HeatInput {
  heat: Heat | null;
  /** The axis, as that of the other charts. */
  fromS: number;
  toS: number;
  bands: readonly Band[];
  /** A quantile over time: seconds and ns, NaN where not measured. */
  line: { t: readonly number[]; ns: readonly number[] };
}

/** A cell that is pointed at. */
export interface HeatPlace {
  column: number;
  row: number;
  /** Its middle, px. */
  x: number;
  y: number;
}

const TOP_PX = 4;
const BOTTOM_PX = 22;
const STOPS = ['heat-few', 'heat-some', 'heat-many'] as const;

export class HeatChart {
  readonly #canvas: HTMLCanvasElement;
  readonly #ctx: CanvasRenderingContext2D;
  readonly #cells = document.createElement('canvas');
  readonly #observer = new ResizeObserver(() => this.#measure());
  readonly #leaveTheme: () => void;
  #input: HeatInput | null = null;
  #ramp = new Uint32Array(256);
  #bands: BandPaint = NO_BANDS;
  #colours = { text: '', muted: '', grid: '', ground: '' };
  #width = 0;
  #height = 0;
  #frame = 0;
  #pointed: HeatPlace | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#ctx = canvas.getContext('2d')!;
    this.#observer.observe(canvas.parentElement!);
    // Says at once what the theme is.
    this.#leaveTheme = shownTheme.subscribe(() => this.#paint());
    this.#measure();
  }

  draw(input: HeatInput): void {
    if (input.heat !== this.#input?.heat) this.#fill(input.heat);
    this.#input = input;
    this.#bands = { ...this.#bands, bands: input.bands };
    this.#soon();
  }

  /** Marks a cell; null marks none. */
  point(place: HeatPlace | null): void {
    this.#pointed = place;
    this.#soon();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#leaveTheme();
  }

  get area(): TimeArea {
    const { fromS = 0, toS = 1 } = this.#input ?? {};
    return { left: VALUE_AXIS_PX, right: this.#right, fromS, toS: toS + 1 };
  }

  /** @returns the cell below a point of the canvas, px; null where there is none */
  at(x: number, y: number): HeatPlace | null {
    const { heat } = this.#input ?? {};
    if (!heat || x < VALUE_AXIS_PX || x > this.#right || y < TOP_PX || y > this.#bottom) return null;
    const second = this.#secondAt(x);
    const column = Math.floor((second - heat.fromS) / heat.stepS);
    const row = Math.floor(((this.#bottom - y) / (this.#bottom - TOP_PX)) * heat.rows);
    return column < 0 || column >= heat.columns || row >= heat.rows ? null : this.placeOf(column, row);
  }

  placeOf(column: number, row: number): HeatPlace {
    const { fromS, stepS } = this.#input!.heat!;
    const x = this.#x(fromS + (column + 0.5) * stepS);
    return { column, row, x, y: this.#y(row + 0.5) };
  }

  get #right(): number {
    return this.#width - RIGHT_PX;
  }

  get #bottom(): number {
    return this.#height - BOTTOM_PX;
  }

  #secondAt(x: number): number {
    const { fromS, toS } = this.#input!;
    return fromS + ((x - VALUE_AXIS_PX) / (this.#right - VALUE_AXIS_PX)) * (toS - fromS);
  }

  #x(second: number): number {
    const { fromS, toS } = this.#input!;
    return VALUE_AXIS_PX + ((second - fromS) / (toS - fromS)) * (this.#right - VALUE_AXIS_PX);
  }

  /** Of a row, counted from the lowest. */
  #y(row: number): number {
    return this.#bottom - (row / this.#input!.heat!.rows) * (this.#bottom - TOP_PX);
  }

  #rowOf(ns: number): number {
    const { scale, lowest } = this.#input!.heat!;
    return Math.log2(ns) * 2 ** scale - lowest;
  }

  #measure(): void {
    const { clientWidth, clientHeight } = this.#canvas.parentElement!;
    const sharp = devicePixelRatio * pageZoom(this.#canvas);
    this.#width = clientWidth;
    this.#height = clientHeight;
    this.#canvas.width = Math.round(clientWidth * sharp);
    this.#canvas.height = Math.round(clientHeight * sharp);
    this.#soon();
  }

  #paint(): void {
    const style = getComputedStyle(this.#canvas);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    this.#ramp = ramp(STOPS.map((name) => parseColour(colour(name))));
    this.#colours = { text: colour('text'), muted: colour('muted'), grid: colour('grid'), ground: colour('panel') };
    this.#bands = { ...this.#bands, ...bandLook(colour, style.fontFamily) };
    this.#fill(this.#input?.heat ?? null);
    this.#soon();
  }

  #fill(heat: Heat | null): void {
    if (heat === null) return;
    const { columns, rows, counts, most } = heat;
    this.#cells.width = columns;
    this.#cells.height = rows;
    const ctx = this.#cells.getContext('2d')!;
    const image = ctx.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) {
        pixels[(rows - 1 - row) * columns + column] = this.#ramp[shade(counts[column * rows + row]!, most)]!;
      }
    }
    ctx.putImageData(image, 0, 0);
  }

  #soon(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    const ctx = this.#ctx;
    const sharp = this.#canvas.width / Math.max(1, this.#width);
    ctx.setTransform(sharp, 0, 0, sharp, 0, 0);
    ctx.clearRect(0, 0, this.#width, this.#height);
    if (this.#input === null || this.#width === 0) return;
    ctx.font = this.#bands.font;
    this.#drawTimes();
    if (this.#input.heat !== null) this.#drawHeat(this.#input.heat);
    const surface = this.#surface();
    drawHatches(surface, this.#bands);
    drawMarks(surface, this.#bands);
  }

  #drawHeat({ fromS, stepS, columns, rows }: Heat): void {
    const ctx = this.#ctx;
    ctx.save();
    ctx.beginPath();
    ctx.rect(VALUE_AXIS_PX, TOP_PX, this.#right - VALUE_AXIS_PX, this.#bottom - TOP_PX);
    ctx.clip();
    ctx.imageSmoothingEnabled = false;
    const left = this.#x(fromS);
    const width = this.#x(fromS + columns * stepS) - left;
    ctx.drawImage(this.#cells, left, TOP_PX, width, this.#bottom - TOP_PX);
    this.#drawLine();
    if (this.#pointed !== null && this.#pointed.row < rows) this.#drawPointed(this.#pointed, stepS);
    ctx.restore();
    this.#drawLatencies();
  }

  #drawPointed({ column, row }: HeatPlace, stepS: number): void {
    const { fromS } = this.#input!.heat!;
    const [left, right] = [this.#x(fromS + column * stepS), this.#x(fromS + (column + 1) * stepS)];
    this.#ctx.strokeStyle = this.#colours.text;
    this.#ctx.lineWidth = 1.5;
    this.#ctx.strokeRect(left, this.#y(row + 1), right - left, this.#y(row) - this.#y(row + 1));
  }

  /** With a rim in the colour of the ground: it is seen on every shade. */
  #drawLine(): void {
    const ctx = this.#ctx;
    const { t, ns } = this.#input!.line;
    ctx.beginPath();
    let isDown = false;
    for (let i = 0; i < t.length; i++) {
      if (!(ns[i]! > 0)) {
        isDown = false;
        continue;
      }
      const [x, y] = [this.#x(t[i]! + 0.5), this.#y(this.#rowOf(ns[i]!))];
      if (isDown) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
      isDown = true;
    }
    ctx.lineJoin = 'round';
    for (const [colour, width] of [[this.#colours.ground, 3.5] as const, [this.#colours.text, 1.5] as const]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.stroke();
    }
  }

  #drawTimes(): void {
    const ctx = this.#ctx;
    const { fromS, toS } = this.#input!;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'alphabetic';
    for (const second of timeTicks(fromS, toS, this.#right - VALUE_AXIS_PX)) {
      const x = Math.round(this.#x(second)) + 0.5;
      ctx.fillStyle = this.#colours.grid;
      ctx.fillRect(x - 0.5, TOP_PX, 1, this.#bottom - TOP_PX);
      ctx.fillStyle = this.#colours.muted;
      ctx.fillText(timeLabel(second, toS - fromS), x, this.#height - 6);
    }
  }

  #drawLatencies(): void {
    const ctx = this.#ctx;
    const { rows, lowest, scale } = this.#input!.heat!;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'middle';
    ctx.fillStyle = this.#colours.muted;
    for (const ns of latencyTicks(bucketEnds(lowest, scale)[0], bucketEnds(lowest + rows - 1, scale)[1])) {
      ctx.fillText(formatTick(ns), VALUE_AXIS_PX - 6, Math.max(TOP_PX + 5, this.#y(this.#rowOf(ns))));
    }
    ctx.textAlign = 'left';
    ctx.textBaseline = 'alphabetic';
  }

  #surface() {
    const [left, right, top, bottom] = [VALUE_AXIS_PX, this.#right, TOP_PX, this.#bottom];
    const getPixelForValue = (second: number) => this.#x(second);
    return {
      ctx: this.#ctx,
      chartArea: { left, right, top, bottom, height: bottom - top },
      scales: { x: { getPixelForValue } },
    };
  }
}
