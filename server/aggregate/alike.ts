import type { PathColumns } from '../join/paths.ts';

/** The wall second that an exchange is counted in. */
export function wallSecond({ atMs }: PathColumns, row: number): number {
  return Math.floor(atMs[row]! / 1000);
}

/** Where the rows end, `to` at last, that are of the same VM, wall second and class as row `from`: they are counted together. */
export function alikeEnd(columns: PathColumns, from: number, to: number): number {
  const second = wallSecond(columns, from);
  const { vm } = columns;
  let end = from + 1;
  while (
    end < to &&
    vm[end] === vm[from] &&
    columns.class[end] === columns.class[from] &&
    wallSecond(columns, end) === second
  ) {
    end++;
  }
  return end;
}
