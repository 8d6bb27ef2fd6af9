/**
 * Objectives against outside judges: a recount by brute force, a real
 * Prometheus with the exported rules, and the clock.
 *   npm run bench:slo [-- --quick]     1 where something misses its target
 */
import { detection } from './slo-detection.ts';
import { sameAlerts } from './slo-prometheus.ts';
import { fourWeeks, recount } from './slo-recount.ts';

export interface Row {
  what: string;
  measured: string;
  want: string;
  ok: boolean;
  /** What it was measured over. */
  over: string;
}

const isQuick = process.argv.includes('--quick');
const STREAMS = isQuick ? 1_000 : 10_000;
/** Every minute for the short windows, days for the long ones. */
const STRETCHES = isQuick
  ? [
      { count: 2, days: 0.25, everyMinutes: 1 },
      { count: 1, days: 6, everyMinutes: 30 },
    ]
  : [
      { count: 6, days: 1, everyMinutes: 1 },
      { count: 3, days: 14, everyMinutes: 10 },
    ];

function line({ what, measured, want, ok, over }: Row): string {
  return `${ok ? 'ok  ' : 'MISS'}  ${what}: ${measured} (want ${want})\n        ${over}`;
}

const rows: Row[] = [];
async function add(made: Row[] | Promise<Row[]>): Promise<void> {
  for (const row of await made) {
    rows.push(row);
    console.log(line(row));
  }
}

console.log(`bench:slo${isQuick ? ' --quick' : ''}`);
await add(detection());
await add([fourWeeks()]);
await add([recount(STREAMS)]);
await add(sameAlerts(STRETCHES).then((row) => [row]));
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
