/** The minutes of the objectives in examples/objectives.yaml against the paths beside them, counted by the database itself. */
import type { DuckDBConnection } from '@duckdb/node-api';

const IS_CHECK = "path LIKE '/healthz' OR path LIKE '/healthz?%'";
/** What the host saw of a request less what the guest saw of it. */
const PLATFORM = '(nic_tx_ns - nic_rx_ns) - (vnic_tx_ns - vnic_rx_ns)';
/** What tells an indicator from the others, and its total and good ones, in SQL. */
const INDICATORS: Record<string, { total: string; good: string }> = {
  '"5xx"': { total: `NOT (${IS_CHECK})`, good: 'NOT status BETWEEN 500 AND 599' },
  '"platform"': { total: `(${PLATFORM}) IS NOT NULL`, good: `${PLATFORM} <= 5000000` },
};

/** @returns how many minutes were compared, and which do not agree */
export async function recountMinutes(
  connection: DuckDBConnection,
): Promise<{ minutes: number; wrongMinutes: string[] }> {
  const wrongMinutes: string[] = [];
  let minutes = 0;
  for (const [part, { total, good }] of Object.entries(INDICATORS)) {
    const all =
      'SELECT series, minute, total, good FROM slo_parts UNION ALL SELECT series, minute, total, good FROM slo_minutes';
    const kept = await rows(
      connection,
      `SELECT minute::DOUBLE, sum(total)::DOUBLE, sum(good)::DOUBLE FROM (${all}) WHERE contains(series, '${part}') GROUP BY minute`,
    );
    const real = await rows(
      connection,
      `SELECT floor(at_ms / 60000), count(*) FILTER (${total})::DOUBLE, count(*) FILTER ((${total}) AND (${good}))::DOUBLE
        FROM paths WHERE class = 'request' GROUP BY 1`,
    );
    minutes += kept.size;
    for (const minute of new Set([...kept.keys(), ...real.keys()])) {
      if (kept.get(minute) !== real.get(minute)) {
        wrongMinutes.push(`${part}, ${minute}: ${kept.get(minute)} instead of ${real.get(minute)}`);
      }
    }
  }
  return { minutes, wrongMinutes };
}

async function rows(connection: DuckDBConnection, query: string): Promise<Map<number, string>> {
  const found = await connection.runAndReadAll(query);
  return new Map(found.getRowsJS().map(([minute, ...counts]) => [minute as number, counts.join(' good ')]));
}
