/** Marks in a chart what is not there, or not all there, and what happened beside it; each named at its top. */

/**
 * A stretch, or a moment, in seconds since the epoch. What is missing (`gap`, `loss`) is hatched; a `mark` is a dashed
 * line with a flag; a `plant` has such a line at both ends and a bar above, a `breach` a thicker bar below.
 */
export interface Band {
  fromS: number;
  toS: number;
  label: string;
  tone: 'gap' | 'loss' | 'mark' | 'plant' | 'breach';
}

/** What is drawn, and in which colours: `line` and `text` per tone. */
export interface BandPaint {
  bands: readonly Band[];
  colours: Record<Band['tone'], { line: string; text: string }>;
  /** Behind what is written. */
  ground: string;
  font: string;
}

export const NO_BANDS: BandPaint = {
  bands: [],
  colours: {
    gap: { line: '', text: '' },
    loss: { line: '', text: '' },
    mark: { line: '', text: '' },
    plant: { line: '', text: '' },
    breach: { line: '', text: '' },
  },
  ground: '',
  font: '',
};

/** In the colours of the style sheet. */
export function bandLook(colour: (name: string) => string, family: string): Omit<BandPaint, 'bands'> {
  const marks = { line: colour('text'), text: colour('text') };
  const colours = {
    gap: { line: colour('line'), text: colour('muted') },
    loss: { line: colour('bad-fill'), text: colour('bad') },
    mark: marks,
    plant: marks,
    breach: { line: colour('bad'), text: colour('bad') },
  };
  return { colours, ground: colour('panel'), font: `11px ${family}` };
}

/** The part of a chart that a band needs. */
export interface Surface {
  ctx: CanvasRenderingContext2D;
  chartArea: { left: number; right: number; top: number; bottom: number; height: number };
  scales: Record<string, { getPixelForValue(value: number): number }>;
}

const MOST_CHARACTERS = 30;
const BAR_PX = 4;

/** A plugin of the chart; `paint` is asked at every drawing. What is missing lies behind the lines, all else before. */
export function bandPlugin(paint: () => BandPaint) {
  return {
    id: 'bands',
    beforeDatasetsDraw: (chart: Surface) => drawHatches(chart, paint()),
    afterDatasetsDraw: (chart: Surface) => drawMarks(chart, paint()),
  };
}

type Stretch = readonly [from: number, to: number];

/** Where a band lies, px; null where it is not in view. */
function placeOf({ chartArea: { left, right }, scales }: Surface, band: Band): Stretch | null {
  const at = (second: number) => scales.x!.getPixelForValue(second);
  const from = Math.max(left, at(band.fromS));
  const to = Math.min(right, Math.max(at(band.toS), from + 2));
  return to <= from ? null : [from, to];
}

function isHatched({ tone }: Band): boolean {
  return tone === 'gap' || tone === 'loss';
}

function lasts({ tone }: Band): boolean {
  return tone === 'plant' || tone === 'breach';
}

/** Stretches of which something is missing. */
export function drawHatches(chart: Surface, { bands, colours }: BandPaint): void {
  for (const band of bands) {
    const place = isHatched(band) ? placeOf(chart, band) : null;
    if (place !== null) hatch(chart, ...place, colours[band.tone].line);
  }
}

/** What happened, and all names. */
export function drawMarks(chart: Surface, paint: BandPaint): void {
  const written: Stretch[] = [];
  for (const band of paint.bands) {
    const place = placeOf(chart, band);
    if (place === null) continue;
    if (!isHatched(band)) mark(chart, ...place, band, paint.colours[band.tone].line);
    if (band.label !== '') write(chart, ...place, band, paint, written);
  }
}

function mark(
  { ctx, chartArea: { top, bottom, right } }: Surface,
  from: number,
  to: number,
  band: Band,
  colour: string,
) {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.setLineDash([3, 3]);
  ctx.beginPath();
  for (const x of lasts(band) ? [from, to] : [from]) {
    if (x >= right) continue;
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
  }
  ctx.stroke();
  if (band.tone === 'plant') ctx.fillRect(from, top, to - from, BAR_PX);
  else if (band.tone === 'breach') ctx.fillRect(from, bottom - 2 * BAR_PX, to - from, 2 * BAR_PX);
  else {
    ctx.beginPath();
    ctx.moveTo(from, top);
    ctx.lineTo(from + 7, top + 4);
    ctx.lineTo(from, top + 8);
    ctx.fill();
  }
  ctx.restore();
}

/** The label stays on the chart: it is written towards the middle, and left out where it would cover another one. */
function write(
  { ctx, chartArea: area }: Surface,
  from: number,
  to: number,
  band: Band,
  paint: BandPaint,
  written: Stretch[],
): void {
  const { label } = band;
  const text = label.length > MOST_CHARACTERS ? `${label.slice(0, MOST_CHARACTERS - 1)}…` : label;
  const toLeft = from > (area.left + area.right) / 2;
  ctx.save();
  ctx.font = paint.font;
  const width = ctx.measureText(text).width;
  const beside = isHatched(band) ? to + 4 : from + 10;
  const x = toLeft ? from - 4 - width : beside;
  if (written.every(([left, right]) => x > right || x + width < left)) {
    written.push([x, x + width]);
    ctx.fillStyle = paint.ground;
    ctx.globalAlpha = 0.85;
    ctx.fillRect(x - 2, area.top + BAR_PX, width + 4, 14);
    ctx.globalAlpha = 1;
    ctx.fillStyle = paint.colours[band.tone].text;
    ctx.fillText(text, x, area.top + BAR_PX + 11);
  }
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
