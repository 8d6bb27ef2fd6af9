/** Which cell of the heatmap is pointed at, by pointer or keys. */
import { signal } from '@preact/signals';
import type { Heat } from '../heat.ts';
import type { HeatPlace } from '../heat-chart.ts';

export const pointed = signal<HeatPlace | null>(null);

/** The next cell in that direction; the first key goes to the fullest cell of the newest column. */
export function cellAfter(
  heat: Heat,
  from: HeatPlace | null,
  columns: number,
  rows: number,
): Pick<HeatPlace, 'column' | 'row'> {
  if (from === null || from.column >= heat.columns || from.row >= heat.rows) return newestFullest(heat);
  const within = (value: number, length: number) => Math.min(length - 1, Math.max(0, value));
  return { column: within(from.column + columns, heat.columns), row: within(from.row + rows, heat.rows) };
}

function newestFullest({ columns, rows, counts }: Heat): Pick<HeatPlace, 'column' | 'row'> {
  for (let column = columns - 1; column >= 0; column--) {
    const own = counts.subarray(column * rows, (column + 1) * rows);
    const most = Math.max(...own);
    if (most > 0) return { column, row: own.indexOf(most) };
  }
  return { column: 0, row: 0 };
}
