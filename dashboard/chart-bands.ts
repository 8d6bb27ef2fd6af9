/** Marks in a chart what is not there, or not all there: a hatched band over each stretch, named at its top. */

/** A stretch without data, or without all of it, and why; seconds since the epoch. */
export interface Band {
  fromS: number;
  toS: number;
  label: string;
  tone: 'gap' | 'loss';
}

/** What is drawn, and in which colours: `line` and `text` per tone. */
export interface BandPaint {
  bands: readonly Band[];
  colours: Record<Band['tone'], { line: string; text: string }>;
  font: string;
}

export const NO_BANDS: BandPaint = {
  bands: [],
  colours: { gap: { line: '', text: '' }, loss: { line: '', text: '' } },
  font: '',
};

/** The part of a chart that a band needs. */
interface Surface {
  ctx: CanvasRenderingContext2D;
  chartArea: { left: number; right: number; top: number; bottom: number; height: number };
  scales: Record<string, { getPixelForValue(value: number): number }>;
}

/** Labels nearer to each other than this would be written over one another. */
const LABEL_ROOM_PX = 70;

/** A plugin of the chart; `paint` is asked at every drawing. */
export function bandPlugin(paint: () => BandPaint) {
  return { id: 'bands', beforeDatasetsDraw: (chart: Surface) => drawBands(chart, paint()) };
}

function drawBands(chart: Surface, paint: BandPaint): void {
  const { left, right } = chart.chartArea;
  const at = (second: number) => chart.scales.x!.getPixelForValue(second);
  let labelled = Number.NEGATIVE_INFINITY;
  for (const band of paint.bands) {
    const from = Math.max(left, at(band.fromS));
    const to = Math.min(right, Math.max(at(band.toS), from + 2));
    if (to <= from) continue;
    hatch(chart, from, to, paint.colours[band.tone].line);
    if (from - labelled < LABEL_ROOM_PX) continue;
    labelled = from;
    write(chart, from, to, band, paint);
  }
}

/** The label stays on the chart: it is written towards the middle. */
function write({ ctx, chartArea: area }: Surface, from: number, to: number, band: Band, paint: BandPaint): void {
  const toLeft = from > (area.left + area.right) / 2;
  ctx.save();
  ctx.fillStyle = paint.colours[band.tone].text;
  ctx.font = paint.font;
  ctx.textAlign = toLeft ? 'right' : 'left';
  ctx.fillText(band.label, toLeft ? from - 4 : to + 4, area.top + 12);
  ctx.restore();
}

function hatch({ ctx, chartArea: area }: Surface, from: number, to: number, colour: string): void {
  ctx.save();
  ctx.strokeStyle = colour;
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
