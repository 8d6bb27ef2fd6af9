/** The roll-ups in a database against its paths, counted by the database itself. */
import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import { ROLL_UP_STEPS, RollUp, type RollUpStep } from '../../server/aggregate/roll-up.ts';
import { addRollUpBytes } from '../../server/aggregate/roll-up-bytes.ts';
import { SERIES } from '../../server/aggregate/series-set.ts';
import { ROLL_UP_TABLE } from '../../server/store/roll-up-tables.ts';

/** What is said of a stretch: exchanges, errors, requests with a time, and the sum of those times. */
type Facts = string;

/** @returns how many seconds are rolled up, and which of them, of the minutes and of the hours do not agree */
export async function recount(connection: DuckDBConnection): Promise<{ seconds: number; wrongSeconds: string[] }> {
  const wrongSeconds: string[] = [];
  let seconds = 0;
  for (const step of ROLL_UP_STEPS) {
    const [rolled, real] = [await rolledUp(connection, step), await counted(connection, step)];
    if (step === 1) seconds = rolled.size;
    for (const key of new Set([...rolled.keys(), ...real.keys()])) {
      if (rolled.get(key) === real.get(key)) continue;
      wrongSeconds.push(`${step} s: ${key}: ${rolled.get(key)} instead of ${real.get(key)}`);
    }
  }
  return { seconds, wrongSeconds };
}

async function counted(connection: DuckDBConnection, step: RollUpStep): Promise<Map<string, Facts>> {
  const result = await connection.runAndReadAll(
    `SELECT run || ' ' || vm || ' ' || (floor(at_ms / 1000 / ${step}) * ${step})::BIGINT AS key, count(*)::DOUBLE,
      count(*) FILTER (status >= 500)::DOUBLE, count(end_to_end_ns) FILTER (class = 'request')::DOUBLE,
      coalesce(sum(end_to_end_ns) FILTER (class = 'request'), 0)::DOUBLE FROM paths GROUP BY key`,
  );
  return new Map(result.getRowsJS().map(([key, ...facts]) => [key as string, facts.join()]));
}

async function rolledUp(connection: DuckDBConnection, step: RollUpStep): Promise<Map<string, Facts>> {
  const result = await connection.runAndReadAll(
    `SELECT run, vm, t::DOUBLE, data, false FROM ${ROLL_UP_TABLE[step]}
      UNION ALL SELECT run, vm, t::DOUBLE, data, minus FROM parts`,
  );
  const sums = new Map<string, RollUp>();
  for (const row of result.getRows()) {
    const [run, vm, t, data, minus] = row as unknown as [string, string, number, DuckDBBlobValue, boolean];
    const key = `${run} ${vm} ${Math.floor(t / step) * step}`;
    const sum = sums.get(key) ?? new RollUp();
    sums.set(key, sum);
    addRollUpBytes(data.bytes, sum, minus ? -1 : 1);
  }
  return new Map([...sums].map(([key, sum]) => [key, factsOf(sum)]));
}

function factsOf(sum: RollUp): Facts {
  const times = sum.series[SERIES.endToEnd];
  return [sum.counted('exchanges'), sum.counted('errors'), times?.count ?? 0, times?.sum ?? 0].join();
}
