/** Questions to the database about runs. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { EndedRun, FoundRuns, RunsQuery } from './duckdb-messages.ts';
import { TICKS_PER_MS } from './packed-rows.ts';
import type { StoredRun } from './store.ts';
import { PATH_TABLES } from './stored-table.ts';

export async function readRuns(connection: DuckDBConnection, query: RunsQuery): Promise<FoundRuns> {
  const { limit, except, before, name } = query;
  const values: DuckDBValue[] = [];
  const wanted = ['true', ...except.map((id) => `id <> $${values.push(id)}`)];
  if (name !== undefined) wanted.push(`$${values.push(name)} IN (id, name)`);
  const counted = await connection.runAndReadAll(
    `SELECT count(*)::DOUBLE FROM runs WHERE ${wanted.join(' AND ')}`,
    values,
  );
  if (before !== undefined) {
    const startedMs = `$${values.push(before.startedMs)}::DOUBLE`;
    wanted.push(`(started_ms < ${startedMs} OR started_ms = ${startedMs} AND id < $${values.push(before.id)})`);
  }
  const named = name === undefined ? '' : `id = $${values.push(name)} DESC, `;
  const page = await connection.runAndReadAll(
    `SELECT id, name, started_ms, ended_ms, summary FROM runs WHERE ${wanted.join(' AND ')}
    ORDER BY ${named}started_ms DESC, id DESC LIMIT $${values.push(limit)}::BIGINT`,
    values,
  );
  const runs: EndedRun[] = [];
  for (const row of page.getRowsJS()) runs.push(await ended(connection, row as RunRow));
  return { runs, total: counted.getRowsJS()[0]![0] as number };
}

type RunRow = [id: string, name: string, startedMs: number, endedMs: number | null, summary: string];

async function ended(connection: DuckDBConnection, [id, name, startedMs, endedMs, summary]: RunRow): Promise<EndedRun> {
  const run: StoredRun = { id, name, startedMs, endedMs, summary: JSON.parse(summary) };
  return { ...run, endedMs: endedMs ?? (await lastPathMs(connection, id)) ?? startedMs };
}

async function lastPathMs(connection: DuckDBConnection, run: string): Promise<number | null> {
  const lasts = PATH_TABLES.map(
    (table) => `(SELECT max(ticks) FROM ${table} WHERE run = (SELECT id FROM names WHERE name = $1))`,
  );
  const found = await connection.runAndReadAll(`SELECT greatest(${lasts.join(', ')})::DOUBLE`, [run]);
  const ticks = found.getRowsJS()[0]![0] as number | null;
  return ticks === null ? null : ticks / TICKS_PER_MS;
}
