/** From what was measured to a table, and what of the targets is missed. */
import type { Range } from './dashboard-day.ts';
import type { Delays } from './dashboard-delays.ts';
import { quantileOf } from './dashboard-delays.ts';
import type { Opened } from './dashboard-page.ts';

export interface Delayed extends Delays {
  seconds: number;
  /** Requests a second that the load gave. */
  rate: number;
  /** Share of one core that the server took. */
  serverCpu: number;
  /** The server's own p99: response at the host NIC → handed to the stream, ms. */
  liveDelayMs: number | null;
}

export interface Smoothness {
  seconds: number;
  framesPerSecond: number;
  /** Longest of a hundred intervals, ms; and the share of frames that came later than two were due. */
  intervalP99Ms: number;
  lateShare: number;
  /** Of the main thread's time, with no script of ours in it. */
  busy: number;
}

export interface DashboardReport {
  quick: boolean;
  machine: { cpus: number; model: string; loadBefore: number; loadAfter: number; gpu: boolean };
  clockMs: [least: number, most: number];
  history: { seconds: number; requests: number };
  opened: Opened[];
  alone: Delayed;
  stalled: Delayed & { skipped: number; ended: number };
  smooth: Smoothness;
  heap: { seconds: number; bytes: number[]; growth: number };
  day: { requests: number; storedS: number; ranges: Range[] };
  dropped: number;
}

const DELAY_MS = 400;
const FRAMES = 60;
/** A display's clock is not exactly the timer's. */
const FRAMES_TOLERANCE = 0.5;
const BUSY = 0.25;
const PAINT_MS = 1_000;
const SCRIPT_BYTES = 160 * 1024;
const RANGE_MS = 300;
const GROWTH = 0.05;

/** Each target, and whether it is met; null where the stretch was too short to say. */
export function targetsOf(report: DashboardReport): [what: string, met: boolean | null][] {
  const { alone, stalled, smooth, heap, opened, day, quick } = report;
  const delay = (what: string, { ms, unseen, unexplained }: Delays): [string, boolean] => [
    `response sent → pixel p99 ${Math.round(quantileOf(ms, 0.99))} ms ${what}, wanted ≤ ${DELAY_MS} ms (${ms.length} marks, ${unseen} never shown)`,
    quantileOf(ms, 0.99) <= DELAY_MS && unseen === 0 && unexplained === 0,
  ];
  const paintMs = Math.max(...opened.map(({ firstPaintMs }) => firstPaintMs));
  const bytes = Math.max(...opened.map(({ scriptBytes }) => scriptBytes));
  const rangeMs = Math.max(...day.ranges.flatMap(({ firstMs, worstMs }) => [firstMs, worstMs]));
  const minutes = (heap.seconds / 60).toFixed(0);
  return [
    delay('with 20 other clients', alone),
    delay('and one stalled', stalled),
    [
      `${smooth.framesPerSecond.toFixed(1)} frames a second in the median, wanted ${FRAMES}`,
      smooth.framesPerSecond >= FRAMES - FRAMES_TOLERANCE,
    ],
    [`main thread busy ${percent(smooth.busy)}, wanted ≤ ${percent(BUSY)}`, smooth.busy <= BUSY],
    [
      `heap grew by ${percent(heap.growth)} over the last half of ${minutes} min, wanted ≤ ${percent(GROWTH)}`,
      quick ? null : heap.growth <= GROWTH,
    ],
    [`first paint after ${Math.round(paintMs)} ms at most, wanted ≤ ${PAINT_MS}`, paintMs <= PAINT_MS],
    [`${(bytes / 1024).toFixed(0)} KiB of scripts after gzip, wanted ≤ ${SCRIPT_BYTES / 1024}`, bytes <= SCRIPT_BYTES],
    [`a range of 24 h answers in ${Math.round(rangeMs)} ms at worst, wanted ≤ ${RANGE_MS}`, rangeMs <= RANGE_MS],
    [`${report.dropped} records dropped by the agents, wanted 0`, report.dropped === 0],
  ];
}

export function printReport(report: DashboardReport): void {
  const { machine, history, clockMs, opened, smooth, heap, day } = report;
  console.log(`dashboard: Node ${process.version}, headless Chromium ${machine.gpu ? 'with' : 'without'} GPU; ${machine.cpus} CPUs (${machine.model}),
load ${machine.loadBefore.toFixed(1)} before and ${machine.loadAfter.toFixed(1)} after; the server has CPU 0 to itself, browser, clients and agents the others
3 VMs, ${history.seconds} s of history (${count(history.requests)} recorded requests), the page shows all VMs and 15 min;
the page's wall clock is between ${clockMs[0].toFixed(1)} and ${clockMs[1].toFixed(1)} ms ahead of ours\n`);
  const ms = ({ ms: all }: Delays, q: number) => Math.round(quantileOf(all, q)).toString();
  table(
    ['response sent → pixel', 'p50', 'p90', 'p99', 'max', 'marks', 'requests/s', 'server CPU', 'to the stream p99'],
    (['alone', 'stalled'] as const).map((name) => {
      const delayed = report[name];
      return [
        name === 'alone' ? '20 other clients' : 'and one stalled',
        ...[0.5, 0.9, 0.99, 1].map((q) => `${ms(delayed, q)} ms`),
        ...[String(delayed.ms.length), count(delayed.rate), percent(delayed.serverCpu)],
        delayed.liveDelayMs === null ? '–' : `${Math.round(delayed.liveDelayMs)} ms`,
      ];
    }),
  );
  console.log(`stalled: ${report.stalled.skipped} ticks not sent to it, ended ${report.stalled.ended} times`);
  const paints = opened.map((each) => `${Math.round(each.firstPaintMs)}/${Math.round(each.numbersMs)}`).join(', ');
  console.log(`page: first paint/first numbers after ${paints} ms; ${smooth.framesPerSecond.toFixed(1)} frames a second in the median over ${smooth.seconds} s,
p99 of the intervals ${smooth.intervalP99Ms.toFixed(1)} ms, ${percent(smooth.lateShare)} later than two frames; main thread busy ${percent(smooth.busy)};
heap after a collection ${heap.bytes.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ')} MiB over ${Math.round(heap.seconds)} s\n`);
  table(
    [
      `24 h, ${count(day.requests)} requests, stored in ${Math.round(day.storedS)} s`,
      'first',
      'median',
      'worst',
      'points',
      'of',
    ],
    day.ranges.map(({ name, firstMs, medianMs, worstMs, points, stepS }) => [
      name,
      ...[firstMs, medianMs, worstMs].map((each) => `${Math.round(each)} ms`),
      ...[String(points), `${stepS} s`],
    ]),
  );
  for (const [what, met] of targetsOf(report)) {
    console.log(`${met === null ? '  --  ' : met ? '  met ' : 'MISSED'}  ${what}`);
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function table(head: readonly string[], body: readonly (readonly string[])[]): void {
  const rows = [head, ...body];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const row of rows) {
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '));
  }
  console.log('');
}
