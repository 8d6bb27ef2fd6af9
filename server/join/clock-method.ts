import type { PathClock } from '../wire/clock-views.ts';
import type { PathColumns } from './paths.ts';

/** What a path's clock correction rests on, by the number in `PathColumns.clockMethod`. */
export const CLOCK_METHODS: readonly PathClock['method'][] = ['none', 'causality', 'own causality', 'gap'];

export const CAUSALITY = CLOCK_METHODS.indexOf('causality');
export const OWN_CAUSALITY = CLOCK_METHODS.indexOf('own causality');
export const GAP = CLOCK_METHODS.indexOf('gap');

/** Whether a clock jumped within the path: no time that the guest measured is true. */
export function isInGap(columns: PathColumns, row: number): boolean {
  return columns.clockMethod[row] === GAP;
}
