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

/** Piece by piece: a piece ends where a second is missing, or where the look changes. */
function drawArea({ ctx, scales }: Surface, points: readonly Point[], { fill, hatched }: Area, boundNs: number | null) {
  const looks = hatched === null ? [fill] : [fill, hatched];
  const isHatched = ({ own }: Point) => hatched !== null && isBelowBound(own, boundNs);
  for (const look of looks) {
    ctx.beginPath();
    for (let from = 0; from + 1 < points.length; ) {
      const to = pieceEnd(points, from, isHatched);
      if (to > from && isHatched(points[to]!) === (look !== fill)) addPiece(ctx, scales, points, from, to);
      from = Math.max(to, from + 1);
    }
    ctx.fillStyle = look;
    ctx.fill();
  }
}

/** The last point that is joined to `from` by one look, which is that of the later point of two. */
function pieceEnd(points: readonly Point[], from: number, isHatched: (point: Point) => boolean): number {
  let to = from;
  while (to + 1 < points.length && isThere(points[to]!) && isThere(points[to + 1]!)) {
    if (to > from && isHatched(points[to + 1]!) !== isHatched(points[to]!)) break;
    to++;
  }
  return to;
}

const isThere = ({ y }: Point): boolean => !Number.isNaN(y);

function addPiece(
  ctx: CanvasRenderingContext2D,
  { x, y }: Surface['scales'],
  points: readonly Point[],
  from: number,
  to: number,
): void {
  const across = (i: number) => x!.getPixelForValue(points[i]!.x);
  ctx.moveTo(across(from), y!.getPixelForValue(points[from]!.y));
  for (let i = from + 1; i <= to; i++) ctx.lineTo(across(i), y!.getPixelForValue(points[i]!.y));
  for (let i = to; i >= from; i--) ctx.lineTo(across(i), y!.getPixelForValue(points[i]!.y - points[i]!.own));
  ctx.closePath();
}
