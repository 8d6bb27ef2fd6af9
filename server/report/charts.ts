/** Drawings of a report, as SVG without a script. */

import { partWords } from '../slo/verdict-sentence.ts';
import { type EpisodeData, type EpisodeRow, PARTS, type PartShare } from '../wire/episode-views.ts';
import { escaped, permille, time } from './markup.ts';

const WIDTH = 900;
const LABEL = 190;
const LANE = 34;
const ROW = 22;
const MINUTE_MS = 60_000;

/** Bad share and readings, minute by minute, on one axis of time. */
export function timeline({ minutes, lanes, window, baseline, marks, notMeasured }: EpisodeData): string {
  const [fromMs, toMs] = [Math.floor(baseline.fromMs / MINUTE_MS) * MINUTE_MS, window.toMs];
  const x = (ms: number) => round(LABEL + ((WIDTH - LABEL) * (ms - fromMs)) / Math.max(1, toMs - fromMs));
  const shares = minutes.map(([minute, total, good]): [number, number] => [
    minute!,
    total ? (total - good!) / total : 0,
  ]);
  const rows: { label: string; points: [number, number][] }[] = [{ label: 'bad requests', points: shares }];
  for (const { gauge, vm, minutes: told } of lanes) {
    rows.push({
      label: `${gauge}, ${vm}`,
      points: told.map(([minute, seconds, sum]) => [minute, seconds ? sum / seconds / 1e6 : 0]),
    });
  }
  const height = rows.length * LANE + 24;
  const parts = [
    `<rect class="window" x="${x(window.fromMs)}" y="0" width="${round(x(window.toMs) - x(window.fromMs))}" height="${height - 20}"/>`,
    ...notMeasured.map(
      (minute) =>
        `<rect class="gap" x="${x(minute * MINUTE_MS)}" y="0" width="${round(x((minute + 1) * MINUTE_MS) - x(minute * MINUTE_MS))}" height="${height - 20}"/>`,
    ),
    ...rows.map(({ label, points }, i) => lane(label, points, i * LANE, x)),
    ...marks.map(
      ({ atMs, what }) =>
        `<line class="mark" x1="${x(atMs)}" x2="${x(atMs)}" y1="0" y2="${height - 20}"><title>${escaped(what)}</title></line>`,
    ),
    `<text x="${LABEL}" y="${height - 4}">${iso(fromMs)}</text>`,
    `<text x="${WIDTH}" y="${height - 4}" text-anchor="end">${iso(toMs)} UTC</text>`,
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="timeline">${parts.join('')}</svg>`;
}

function lane(label: string, points: readonly [number, number][], y: number, x: (ms: number) => number): string {
  const most = points.reduce((max, [, value]) => Math.max(max, value), 0);
  const bars = points.map(([minute, value]) => {
    const height = most === 0 ? 0 : round(((LANE - 10) * value) / most);
    const left = x(minute * MINUTE_MS);
    return `<rect x="${left}" y="${round(y + LANE - 4 - height)}" width="${round(Math.max(1, x((minute + 1) * MINUTE_MS) - left - 1))}" height="${height}"/>`;
  });
  return `<text x="0" y="${y + LANE - 8}">${escaped(label)} (most ${most.toFixed(3)})</text><g class="bars">${bars.join('')}</g>`;
}

/** Where the excess lies: a bar for each part, to the right of the middle what took longer. */
export function attribution(parts: readonly PartShare[]): string {
  const reach = parts.reduce((max, { lowNs, highNs }) => Math.max(max, Math.abs(lowNs), Math.abs(highNs)), 1);
  const middle = LABEL + 240;
  const scale = (WIDTH - 120 - middle) / reach;
  const x = (ns: number) => round(Math.max(LABEL, middle + ns * scale));
  const rows = parts.map(({ part, side, excessNs, lowNs, highNs, permille: share }, i) => {
    const y = i * ROW;
    const [left, right] = [Math.min(x(0), x(excessNs)), Math.max(x(0), x(excessNs))];
    return (
      `<text x="0" y="${y + 15}">${escaped(partWords(part))}</text>` +
      `<rect class="${side ?? 'nobody'}" x="${left}" y="${y + 4}" width="${round(right - left)}" height="13"/>` +
      `<line class="interval" x1="${x(lowNs)}" x2="${x(highNs)}" y1="${y + 10.5}" y2="${y + 10.5}"/>` +
      `<text x="${WIDTH}" y="${y + 15}" text-anchor="end">${permille(share)}</text>`
    );
  });
  return `<svg viewBox="0 0 ${WIDTH} ${parts.length * ROW}" role="img" aria-label="attribution">${rows.join('')}</svg>`;
}

/** One request, part after part, on the scale of the slowest shown. */
export function waterfall(row: EpisodeRow, longestNs: number): string {
  let at = 0;
  const bars = row.parts.map((ns, i) => {
    if (ns === null) return '';
    const [left, width] = [round((WIDTH * at) / longestNs), round((WIDTH * ns) / longestNs)];
    at += ns;
    return `<rect class="p${i}" x="${left}" y="0" width="${width}" height="16"><title>${PARTS[i]}: ${time(ns)}</title></rect>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} 16" role="img" aria-label="waterfall">${bars.join('')}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}
