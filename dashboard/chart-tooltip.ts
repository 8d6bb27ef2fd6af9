/** What the tooltip of a chart says, as plain data. */
import type { Band } from './chart-bands.ts';
import { type ChartKind, CROSSING } from './chart-lines.ts';
import type { Point } from './chart-stack.ts';
import { boundedDuration, formatBound, formatCount, formatDuration, formatTime, join, share } from './format.ts';

/** What the tooltip must know beside the values: asked when it opens. */
export interface TooltipFacts {
  boundNs: number | null;
  /** Layers without a value and why, in words. */
  missing: string;
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
      title: (items: Item[]) => formatTime((items[0]?.parsed.x ?? 0) * 1000),
      label: ({ dataset, raw }: Item) =>
        `${dataset.label}  ${valueText(kind, dataset.label ?? '', (raw as Point).own, facts().boundNs)}`,
      footer: (items: Item[]) => footer(items[0]?.parsed.x ?? 0, facts()),
    },
  };
}

function valueText(kind: ChartKind, label: string, value: number, boundNs: number | null): string {
  if (kind === 'rate') return `${formatCount(value)} req`;
  if (kind === 'pressure') return join(share(value));
  if (!CROSSING.includes(label)) return formatDuration(value);
  return `${join(boundedDuration(value, boundNs))}  ${formatBound(boundNs)}`;
}

/** What is wrong with this second, a line each. */
function footer(second: number, { bands, missing }: TooltipFacts): string[] {
  const here = bands.filter((band) => band.fromS < second + 1 && band.toS > second && band.label !== '');
  return [...here.map((band) => `▲ ${band.label}`), ...(missing === '' ? [] : [`▲ missing: ${missing}`])];
}
