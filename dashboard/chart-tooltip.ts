/** What the tooltip of a chart says, as plain data. */
import type { Band } from './chart-bands.ts';
import { type ChartKind, CROSSING } from './chart-lines.ts';
import type { Point } from './chart-stack.ts';
import {
  boundedDuration,
  exactDuration,
  formatBound,
  formatCount,
  formatDuration,
  formatTime,
  join,
  rate,
  share,
} from './format.ts';

/** What the tooltip must know beside the values: asked when it opens. */
export interface TooltipFacts {
  boundNs: number | null;
  /** Layers without a value and why, in words. */
  missing: string;
  /** Seconds that each value is of. */
  stepS: number;
  bands: readonly Band[];
}

interface Item {
  datasetIndex: number;
  dataset: { label?: string | undefined };
  parsed: { x: number | null };
  /** A {@link Point}. */
  raw: unknown;
}

/** The end-to-end line, dataset 0, is told above the stack. */
const rank = (datasetIndex: number): number => (datasetIndex === 0 ? Number.POSITIVE_INFINITY : datasetIndex);

export function tooltip(kind: ChartKind, facts: () => TooltipFacts) {
  return {
    borderWidth: 1,
    boxWidth: 10,
    boxHeight: 10,
    padding: 8,
    // From the top of the stack to its foot, as it is drawn.
    itemSort: (a: Item, b: Item) =>
      kind === 'latency' ? rank(b.datasetIndex) - rank(a.datasetIndex) : b.datasetIndex - a.datasetIndex,
    callbacks: {
      title: (items: Item[]) => stretchText(items[0]?.parsed.x ?? 0, facts().stepS),
      label: ({ dataset, raw }: Item) =>
        `${dataset.label}  ${valueText(kind, dataset.label ?? '', (raw as Point).own, facts())}`,
      footer: (items: Item[]) => footer(items[0]?.parsed.x ?? 0, facts()),
    },
  };
}

/** A second, or the stretch around its middle. */
export function stretchText(middleS: number, stepS: number): string {
  if (stepS === 1) return formatTime(middleS * 1000);
  const fromS = middleS - (stepS - 1) / 2;
  return `${formatTime(fromS * 1000)} to ${formatTime((fromS + stepS) * 1000)}`;
}

/** Times also to the nanosecond. */
function valueText(kind: ChartKind, label: string, value: number, { boundNs, stepS }: TooltipFacts): string {
  if (kind === 'rate')
    return stepS === 1 ? `${formatCount(value)} req` : `${formatCount(value * stepS)} req, ${join(rate(value))}`;
  if (kind === 'pressure') return join(share(value));
  if (!CROSSING.includes(label)) return `${formatDuration(value)}  (${exactDuration(value)})`;
  return `${join(boundedDuration(value, boundNs))}  (${exactDuration(value)} ${formatBound(boundNs)})`;
}

/** What is wrong with this second, a line each. */
function footer(middleS: number, { bands, missing, stepS }: TooltipFacts): string[] {
  const fromS = middleS - (stepS - 1) / 2;
  const here = bands.filter((band) => band.fromS < fromS + stepS && band.toS >= fromS && band.label !== '');
  return [...here.map((band) => `▲ ${band.label}`), ...(missing === '' ? [] : [`▲ missing: ${missing}`])];
}
