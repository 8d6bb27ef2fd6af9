/** A comparison for a terminal or a pipe. */

import type { Verdict } from './compare/fail-on.ts';
import { duration, isResolved, quantileName } from './compare/sentence.ts';
import type { Comparison, Shift } from './wire/compare-views.ts';

const MOST_DIFFERENCES = 12;

export function comparisonText(comparison: Comparison, verdicts: readonly Verdict[]): string[] {
  const { a, b, axis, doubts, shifts, sentence } = comparison;
  return [
    `A  ${a.name}  (run ${a.run}, ${a.requests} requests)`,
    `B  ${b.name}  (run ${b.run}, ${b.requests} requests)`,
    ...differenceLines(comparison),
    axis === null && comparison.differences.length > 0
      ? 'more than one thing differs: what follows may come from any'
      : '',
    ...doubts.map((doubt) => `note: ${doubt}`),
    '',
    ...(shifts.length > 0 ? [...table(comparison), ''] : []),
    sentence,
    ...verdicts.map(verdictLine),
  ].filter((line, i, all) => line !== '' || (i > 0 && all[i - 1] !== ''));
}

function differenceLines({ differences, axis: varied }: Comparison): string[] {
  const shown = differences.slice(0, MOST_DIFFERENCES).map(({ axis, what, a, b }) => {
    return `   ${what}: ${a} | ${b}${varied === null || axis === varied ? '' : ' (comes with it)'}`;
  });
  const more = differences.length - shown.length;
  return more > 0 ? [...shown, `   and ${more} more (--json has all)`] : shown;
}

/** Layers down, quantiles across; each shift with the interval that holds for all of them. */
function table({ shifts, shares }: Comparison): string[] {
  const quantiles = [...new Set(shifts.map(({ quantile }) => quantile))];
  const layers = [...new Set(shifts.map(({ layer }) => layer))];
  const rows = layers.map((layer) => [
    layer,
    ...quantiles.map((quantile) => cell(shifts.find((s) => s.layer === layer && s.quantile === quantile))),
    shareText(shares.find((share) => share.layer === layer)?.share),
  ]);
  const all = [['B against A', ...quantiles.map(quantileName), 'share'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row.map((text, i) => (i ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join('  '),
  );
  return [
    ...lines,
    '* 0 is outside the interval, for all layers and quantiles at once (95 %); share: of the difference of the means',
  ];
}

function cell(shift: Shift | undefined): string {
  if (!shift) return '–';
  const { shift: ns, bandLow, bandHigh } = shift;
  return `${ns > 0 ? '+' : ''}${duration(ns)} [${duration(bandLow)}, ${duration(bandHigh)}]${isResolved(shift) ? '*' : ' '}`;
}

function shareText(share: number | null | undefined): string {
  return share === null || share === undefined ? '' : `${(share * 100).toFixed(0)} %`;
}

function verdictLine({ condition, layer, state, shift, limitNs }: Verdict): string {
  if (shift === null || limitNs === null) return `${condition} of ${layer}: not measured`;
  const words = { met: 'HOLDS', open: 'open: the limit is inside the interval', 'not met': 'does not hold' };
  return `${condition} of ${layer}: ${words[state as keyof typeof words]} (${duration(shift)}, limit ${duration(limitNs)})`;
}
