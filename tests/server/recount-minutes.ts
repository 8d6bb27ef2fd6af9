/** The minutes of the objectives in examples/objectives.yaml against the paths beside them, counted by the database itself. */
import type { DuckDBConnection } from '@duckdb/node-api';

const pathIs = (path: string) => `(path = '${path}' OR path LIKE '${path}?%')`;
/** A time of one machine; null where it was not measured, as a negative one, and of a guest while its clock jumped. */
function between(from: string, to: string, isGuest = false): string {
  const ns = `${to}_ns - ${from}_ns`;
  return `(CASE WHEN ${ns} >= 0 ${isGuest ? "AND clock <> 'gap'" : ''} THEN ${ns} END)`;
}
/** What the host saw between its taps less what the guest saw of it. */
const VNIC = '((tap_rx_ns - tap_tx_ns) - (vnic_tx_ns - vnic_rx_ns))';
const PLATFORM = [
  ...[between('nic_rx', 'port_rx'), between('port_tx', 'nic_tx'), between('port_rx', 'tap_tx')],
  ...[between('tap_rx', 'port_tx'), `(CASE WHEN ${VNIC} >= 0 THEN ${VNIC} END)`],
].join(' + ');
const TENANT = [
  ...[between('vnic_rx', 'sock_ready', true), between('sock_ready', 'app_read', true)],
  ...[between('app_read', 'app_write', true), between('app_write', 'vnic_tx', true)],
].join(' + ');
const FAILED = 'status BETWEEN 500 AND 599';
const JUDGED_FAST = `NOT ${FAILED} AND NOT ${pathIs('/healthz')} AND NOT ${pathIs('/events')}`;
/** By objective: what tells its series from the others, and its total and good ones, in SQL. */
const OBJECTIVES: Record<string, { part: string; total: string; good: string }> = {
  'web-fast': {
    part: '"end-to-end"',
    total: `${JUDGED_FAST} AND end_to_end_ns IS NOT NULL`,
    good: 'end_to_end_ns <= 100000000',
  },
  'web-available': { part: '"5xx"', total: `NOT ${pathIs('/healthz')}`, good: `NOT ${FAILED}` },
  'platform-fast': { part: '"platform"', total: `(${PLATFORM}) IS NOT NULL`, good: `${PLATFORM} <= 5000000` },
  'tenant-fast': { part: '"tenant"', total: `(${TENANT}) IS NOT NULL`, good: `${TENANT} <= 50000000` },
};

/** Of all minutes, by the recount. */
export interface Counted {
  total: number;
  good: number;
}

/** @returns how many minutes were compared, and which do not agree */
export async function recountMinutes(
  connection: DuckDBConnection,
): Promise<{ minutes: number; wrongMinutes: string[]; counted: Record<string, Counted> }> {
  const wrongMinutes: string[] = [];
  const counted: Record<string, Counted> = {};
  let minutes = 0;
  for (const [objective, { part, total, good }] of Object.entries(OBJECTIVES)) {
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
    counted[objective] = summed(real.values());
    minutes += kept.size;
    for (const minute of new Set([...kept.keys(), ...real.keys()])) {
      if (text(kept.get(minute)) !== text(real.get(minute))) {
        wrongMinutes.push(`${objective}, ${minute}: ${text(kept.get(minute))} instead of ${text(real.get(minute))}`);
      }
    }
  }
  return { minutes, wrongMinutes, counted };
}

function summed(all: Iterable<Counted>): Counted {
  const sum = { total: 0, good: 0 };
  for (const { total, good } of all) {
    sum.total += total;
    sum.good += good;
  }
  return sum;
}

/** A minute in which nothing counts may have a row, or none. */
function text({ total, good }: Counted = { total: 0, good: 0 }): string {
  return `${total} good ${good}`;
}

async function rows(connection: DuckDBConnection, query: string): Promise<Map<number, Counted>> {
  const found = await connection.runAndReadAll(query);
  return new Map(
    found.getRowsJS().map((row) => {
      const [minute, total, good] = row as [number, number, number];
      return [minute, { total, good }];
    }),
  );
}
