/** End-to-end times of paths by few columns of a file's tables. */
import { STATIONS } from '../wire/stations.ts';
import { unpacked } from './column-appender.ts';
import { firstName, lastName } from './packed-rows.ts';
import { PATH_TABLES, type PathTable } from './stored-table.ts';

const [FIRST, LAST] = [STATIONS[0], STATIONS.at(-1)!];
const [BEGUN, SENT, DONE] = [firstName(FIRST), firstName(LAST), lastName(LAST)];

const SENT_AND_DONE = [SENT, DONE].map((name) => `(${unpacked(name)})::BIGINT`).join(' + ');

/** In one of the tables, ns, and whether it was measured: the last station counts from the first. */
const END_TO_END: Readonly<Record<PathTable, { ns: string; there: string }>> = {
  // The last byte passed with the first one.
  usual_paths: { ns: `${SENT}::BIGINT - 1`, there: `${BEGUN} > 0 AND ${SENT} > 0` },
  other_paths: {
    ns: SENT_AND_DONE,
    there: `${BEGUN} <> 0 AND ${SENT_AND_DONE} >= 0`,
  },
  long_paths: { ns: `(${SENT} + ${DONE})::BIGINT`, there: `${BEGUN} IS NOT NULL AND ${SENT} + ${DONE} >= 0` },
};

/** Numbers of paths, both ends included. */
export interface Between {
  from: number;
  to: number;
}

/** Paths in some ranges for which a table's conditions hold and an end-to-end time was measured, as rows of `number`, `run`, `class`, `kind` and `ns`. */
export function endToEndRows(ranges: readonly Between[], wanted: (table: PathTable) => readonly string[]): string {
  const all = PATH_TABLES.flatMap((table) =>
    ranges.map(({ from, to }) => {
      const { ns, there } = END_TO_END[table];
      const where = [`number BETWEEN ${from} AND ${to}`, ...wanted(table), there].join(' AND ');
      return `SELECT number, run, class, kind, ${ns} AS ns FROM ${table} WHERE ${where}`;
    }),
  );
  return all.join(' UNION ALL ');
}
