/** Questions to the roll-ups in the database. */
import type { DuckDBBlobValue, DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { ROLL_UP_STEPS, RollUp, type RollUpStep } from '../aggregate/roll-up.ts';
import { addRollUpCounters } from '../aggregate/roll-up-bytes.ts';
import { planSeries, type RollUpRead, readsOf, type SeriesPlan } from '../aggregate/series-plan.ts';
import { pointsOf, type RollUpRow } from '../aggregate/series-points.ts';
import type { DiskSeriesQuery, Sampled } from './duckdb-messages.ts';
import { madeFromS } from './five-minutes.ts';
import { ROLL_UP_TABLE } from './roll-up-tables.ts';
import type { StoredSeries } from './store.ts';

type WholeFromS = Record<RollUpStep, number>;

export async function readSeries(connection: DuckDBConnection, query: DiskSeriesQuery): Promise<StoredSeries> {
  const { run, points, leastStepS = 1, heatmap, lasted } = query;
  const wholeFromS = await wholeFrom(connection, run);
  const data = await spanOf(connection, run, wholeFromS);
  const fromS = Math.max(query.fromS, Math.min(lasted.fromS, data.fromS));
  const toS = Math.max(fromS, Math.min(query.toS, Math.max(lasted.toS, data.toS)));
  const plan = planSeries({ fromS, toS, points, leastStepS, wholeFromS });
  const rows = await rowsOf(connection, query, plan, readsOf(plan, wholeFromS));
  return { ...plan, points: pointsOf(rows, plan, heatmap) };
}

/** Of every run that a budget chose from. */
export async function readSampled(connection: DuckDBConnection): Promise<Sampled[]> {
  const result = await connection.run(
    'SELECT run, data FROM hours UNION ALL SELECT run, data FROM parts WHERE NOT minus',
  );
  const found: Sampled[] = [];
  for (const chunk of await result.fetchAllChunks()) {
    const [runs, blobs] = chunk.getColumns() as [string[], DuckDBBlobValue[]];
    for (let i = 0; i < chunk.rowCount; i++) {
      const rollUp = new RollUp();
      addRollUpCounters(blobs[i]!.bytes, rollUp);
      if (rollUp.sampled !== null) found.push({ run: runs[i]!, ...rollUp.sampled });
    }
  }
  return found;
}

/** Of a run: what is older was pruned. */
async function wholeFrom(connection: DuckDBConnection, run: string): Promise<WholeFromS> {
  const found = await connection.runAndReadAll('SELECT what, until_ms FROM pruned WHERE run = $1', [run]);
  const pruned = new Map(found.getRowsJS() as [string, number][]);
  const of = (step: RollUpStep) => (pruned.get(ROLL_UP_TABLE[step]) ?? Number.NEGATIVE_INFINITY) / 1000;
  // Those of five minutes go with their minutes.
  const fiveMinutes = Math.max(of(60), await madeFromS(connection, run));
  return { 1: of(1), 60: of(60), 300: fiveMinutes, 3600: of(3600) };
}

/** From its first to its last roll-up, of those that are whole. */
async function spanOf(connection: DuckDBConnection, run: string, wholeFromS: WholeFromS): Promise<Span> {
  const step = ROLL_UP_STEPS.find((each) => wholeFromS[each] === Number.NEGATIVE_INFINITY) ?? 3600;
  const found = await connection.runAndReadAll(
    `SELECT min(t)::DOUBLE, max(ends)::DOUBLE FROM (
      SELECT t, t + ${step} AS ends FROM ${ROLL_UP_TABLE[step]} WHERE run = $1
      UNION ALL SELECT t, t + 1 FROM parts WHERE run = $1)`,
    [run],
  );
  const [fromS, toS] = found.getRowsJS()[0] as [number | null, number | null];
  return { fromS: fromS ?? Number.POSITIVE_INFINITY, toS: toS ?? Number.NEGATIVE_INFINITY };
}

interface Span {
  fromS: number;
  toS: number;
}

/** @param reads what is not merged yet is read of the whole plan */
async function rowsOf(
  connection: DuckDBConnection,
  { run, vm }: DiskSeriesQuery,
  { fromS, toS }: SeriesPlan,
  reads: readonly RollUpRead[],
): Promise<RollUpRow[]> {
  const values: DuckDBValue[] = [run];
  const bind = (value: DuckDBValue) => `$${values.push(value)}`;
  const ofVm = vm === undefined ? '' : `AND vm = ${bind(vm)}`;
  const within = (stretch: { fromS: number; toS: number }) =>
    `WHERE run = $1 AND t >= ${bind(stretch.fromS)}::BIGINT AND t < ${bind(stretch.toS)}::BIGINT ${ofVm}`;
  const merged = reads.map(
    (read) => `SELECT t::DOUBLE, false, data FROM ${ROLL_UP_TABLE[read.rollUpS]} ${within(read)}`,
  );
  const parts = `SELECT t::DOUBLE, minus, data FROM parts ${within({ fromS, toS })}`;
  const result = await connection.run([...merged, parts].join(' UNION ALL '), values);
  const rows: RollUpRow[] = [];
  for (const chunk of await result.fetchAllChunks()) {
    const [times, minuses, blobs] = chunk.getColumns() as [number[], boolean[], DuckDBBlobValue[]];
    for (let i = 0; i < chunk.rowCount; i++) rows.push({ t: times[i]!, minus: minuses[i]!, data: blobs[i]!.bytes });
  }
  return rows;
}
