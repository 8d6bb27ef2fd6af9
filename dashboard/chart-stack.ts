/**
 * Draws areas on top of one another. chart.js has a filler of its own, but it
 * looks for the ends of every piece of another look in all of the line below:
 * a quarter of an hour of twelve layers took it a third of each second.
 */
import { isBelowBound } from './format.ts';

/** A value in its second, and where it is drawn: in a stack on top of those below it. */
export interface Point {
  x: number;
  y: number;
  own: number;
}

/** One area of a stack. */
export interface Area {
  fill: string;
  /** Where the value is less than its bound; null where one clock tells both ends. */
  hatched: CanvasPattern | string | null;
}

/** The part of a chart that a stack needs. */
interface Surface {
  ctx: CanvasRenderingContext2D;
  chartArea: { left: number; top: number; width: number; height: number };
  scales: Record<string, { getPixelForValue(value: number): number }>;
  data: { datasets: { data: unknown[] }[] };
  isDatasetVisible(index: number): boolean;
}

/** A plugin of the chart; `areas` are along its datasets, null where one is none. */
export function stackPlugin(areas: () => readonly (Area | null)[], boundNs: () => number | null) {
  return {
    id: 'stack',
    beforeDatasetsDraw(chart: Surface) {
      const { ctx, chartArea } = chart;
      ctx.save();
      ctx.beginPath();
      ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
      ctx.clip();
      for (const [i, area] of areas().entries()) {
        if (area === null || !chart.isDatasetVisible(i)) continue;
        drawArea(chart, chart.data.datasets[i]!.data as Point[], area, boundNs());
      }
      ctx.restore();
    },
  };
}

/** Where an area is drawn: a canvas takes it, as a path does. */
export type Pen = Pick<CanvasRenderingContext2D, 'moveTo' | 'lineTo' | 'closePath'>;

function drawArea({ ctx, scales }: Surface, points: readonly Point[], { fill, hatched }: Area, boundNs: number | null) {
  const all = pieces(points, ({ own }) => hatched !== null && isBelowBound(own, boundNs));
  for (const isHatched of hatched === null ? [false] : [false, true]) {
    ctx.beginPath();
    for (const piece of all) if (piece.isHatched === isHatched) outline(ctx, scales, points, piece);
    ctx.fillStyle = isHatched ? hatched! : fill;
    ctx.fill();
  }
}

/** Points from one to another, that one included, which are joined by one look. */
export interface Piece {
  from: number;
  to: number;
  isHatched: boolean;
}

/** A piece ends where a second is missing, or where the look changes: two points are joined by that of the later one. */
export function pieces(points: readonly Point[], isHatched: (point: Point) => boolean): Piece[] {
  const all: Piece[] = [];
  for (let to = 1; to < points.length; to++) {
    if (!isThere(points[to - 1]!) || !isThere(points[to]!)) continue;
    const last = all.at(-1);
    const look = isHatched(points[to]!);
    if (last?.to === to - 1 && last.isHatched === look) last.to = to;
    else all.push({ from: to - 1, to, isHatched: look });
  }
  return all;
}

const isThere = ({ y }: Point): boolean => !Number.isNaN(y);

/** Along the upper edge of a piece, and back along its foot. */
export function outline(pen: Pen, { x, y }: Surface['scales'], points: readonly Point[], { from, to }: Piece): void {
  const across = (i: number) => x!.getPixelForValue(points[i]!.x);
  pen.moveTo(across(from), y!.getPixelForValue(points[from]!.y));
  for (let i = from + 1; i <= to; i++) pen.lineTo(across(i), y!.getPixelForValue(points[i]!.y));
  for (let i = to; i >= from; i--) pen.lineTo(across(i), y!.getPixelForValue(points[i]!.y - points[i]!.own));
  pen.closePath();
}
