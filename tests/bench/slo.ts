/**
 * Objectives against outside judges: a recount by brute force, a real
 * Prometheus with the exported rules, and the clock.
 *   npm run bench:slo [-- --quick] [--paths <n>]     1 where something misses its target
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { alignedTable } from '../../lab/columns.ts';
import { detection } from './slo-detection.ts';
import { sameAlerts } from './slo-prometheus.ts';
import { fourWeeks, recount } from './slo-recount.ts';
import { FEWEST_PATHS, reports } from './slo-report.ts';

export interface Row {
  what: string;
  measured: string;
  want: string;
  ok: boolean;
  /** What it was measured over. */
  over: string;
}

const { quick, paths } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, paths: { type: 'string' } },
}).values;
const STREAMS = quick ? 1_000 : 10_000;
const PATHS = paths === undefined ? (quick ? 1_000_000 : 10_000_000) : Number(paths);
if (!(PATHS >= FEWEST_PATHS)) {
  console.error(`--paths ${paths}: expected a number of at least ${FEWEST_PATHS}, an hour and a half of requests`);
  process.exit(2);
}
/**
 * Every minute for the short windows, days for the long ones, of which the longest has four. What promtool takes
 * grows with the square of the days: more stretches say more than longer ones.
 */
const STRETCHES = quick
  ? [
      { count: 2, days: 0.25, everyMinutes: 1 },
      { count: 1, days: 6, everyMinutes: 30 },
    ]
  : [
      { count: 8, days: 1, everyMinutes: 1 },
      { count: 6, days: 7, everyMinutes: 10 },
    ];

const rows: Row[] = [];
async function add(made: Row[] | Promise<Row[]>): Promise<void> {
  for (const row of await made) {
    rows.push(row);
    console.error(`${row.what}: ${row.measured}`);
  }
}

const startMs = performance.now();
await add(detection());
await add([fourWeeks()]);
await add([recount(STREAMS)]);
await add(sameAlerts(STRETCHES).then((row) => [row]));
await add(reports(PATHS));

console.log(`slo${quick ? ' --quick' : ''}, Node ${process.version}`);
const body = rows.map(({ what, measured, want, ok }) => [what, measured, want, ok ? 'ok' : 'MISSED']);
const [head, ...lines] = alignedTable([['', 'measured', 'wanted', ''], ...body]);
console.log(head);
for (const [i, line] of lines.entries()) console.log(`${line}\n    ${rows[i]!.over}`);
const tookS = ((performance.now() - startMs) / 1000).toFixed(0);
console.log(`in ${tookS} s, load of the machine at the end ${loadavg()[0]!.toFixed(1)}`);
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
