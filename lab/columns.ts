/** Layers down, guests or models across, for a terminal. */
import type { LayerSummary, Quantiles, Summary } from '../server/wire/views.ts';
import { formatNs } from './table.ts';

/** What is shown of each: p50 and p99. */
export interface Column {
  layers: readonly LayerSummary[];
  vnicRoundTrip: Quantiles;
  endToEnd: Quantiles;
  exchanges: Pick<Summary['exchanges'], 'answered' | 'complete'>;
}

/** @param more further rows, with a text for each column */
export function columnsTable(
  columns: ReadonlyMap<string, Column>,
  more: readonly (readonly string[])[] = [],
): string[] {
  const all = [...columns.values()];
  const rows = (all[0]?.layers ?? []).map(({ layer }, at) => [layer, ...all.map(({ layers }) => cell(layers[at]))]);
  return alignedTable([
    ['p50 / p99', ...columns.keys()],
    ...rows,
    ['vnic both', ...all.map(({ vnicRoundTrip }) => cell(vnicRoundTrip))],
    ['end to end', ...all.map(({ endToEnd }) => cell(endToEnd))],
    ...more,
    ['complete', ...all.map(({ exchanges }) => `${exchanges.complete} of ${exchanges.answered ?? '–'}`)],
  ]);
}

function cell(values: Quantiles | undefined): string {
  return `${formatNs(values?.p50 ?? null)} / ${formatNs(values?.p99 ?? null)}`;
}

/** The first column to the left, the others to the right. */
export function alignedTable(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const aligned = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return table.map((row) => row.map(aligned).join('  '));
}
