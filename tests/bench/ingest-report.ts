/** From blocks to a table, and what of the targets is missed. */
import { blockRatio, median, type Random, type Ratio } from './cost-statistics.ts';
import type { Block } from './ingest-contenders.ts';

export type Name = 'hopscope' | 'naive' | 'collector';

export interface Row {
  name: Name;
  blocks: readonly Block[];
  /** As fast as it took them; medians over blocks. */
  requestsPerSecond: number;
  /** Of the whole process; of its main thread, and of its Worker with the pool that works for it. */
  perCpuSecond: number;
  perMainSecond: number;
  perWorkerSecond: number;
  /** CPU per request over ours, block by block. */
  cost: Ratio;
  bytesPerRequest: number | null;
}

/** A stretch at a steady rate. */
export interface Sustained {
  seconds: number;
  /** Requests offered a second. */
  rate: number;
  /** From the last one until all were acknowledged, which is: stored. */
  endedAfterS: number;
  perCpuSecond: number;
  perMainSecond: number;
  perWorkerSecond: number;
  liveDelayMs: { median: number; most: number };
  longestGapMs: number;
  residentMostBytes: number;
  residentGrowth: number;
}

/** Every request that was sent to the server, in all blocks and the stretch, and what became of it. */
export interface Account {
  sent: number;
  stored: number;
  rows: number;
  runless: number;
  droppedByAgents: number;
  /** As the server counts them, by queue. */
  drops: Record<string, number>;
  unmatched: number;
}

export interface IngestReport {
  quick: boolean;
  exchanges: number;
  connections: number;
  rows: Row[];
  sustained: Sustained;
  account: Account;
}

const PER_CPU_SECOND = 150_000;
const BYTES_PER_REQUEST = 32;
/** Of the mean, over half of the stretch: a minute, in which nothing may pile up. */
const GROWTH = 0.05;
/** A stretch that ends later than this was not kept up with: what was offered piled up. */
const LATE_S = 5;

export function rowOf(name: Name, blocks: readonly Block[], ours: readonly Block[], random: Random): Row {
  const middle = (of: (block: Block) => number) => median(blocks.map(of));
  return {
    name,
    blocks,
    requestsPerSecond: middle(({ requests, seconds }) => requests / seconds),
    perCpuSecond: middle(({ requests, cpu }) => requests / cpu.all),
    perMainSecond: middle(({ requests, cpu }) => requests / cpu.main),
    perWorkerSecond: middle(({ requests, cpu }) => requests / cpu.worker),
    cost: blockRatio(blocks.map(cost), ours.map(cost), random),
    bytesPerRequest: null,
  };
}

function cost({ requests, cpu }: Block): number {
  return cpu.all / requests;
}

/** Each target, and whether it is met; null where the stretch was too short to say. */
export function targetsOf({ quick, rows, sustained, account }: IngestReport): [what: string, met: boolean | null][] {
  const bytes = rows.find(({ name }) => name === 'hopscope')!.bytesPerRequest!;
  const dropped = Object.values(account.drops).reduce((sum, count) => sum + count, account.droppedByAgents);
  const whole = account.stored === account.sent && account.rows === account.sent && account.runless === 0;
  const { perCpuSecond, seconds, endedAfterS, residentGrowth } = sustained;
  return [
    [
      `${count(perCpuSecond)} requests a CPU-second joined and stored over ${seconds} s, wanted ≥ ${count(PER_CPU_SECOND)}`,
      perCpuSecond >= PER_CPU_SECOND,
    ],
    [
      `all stored ${endedAfterS.toFixed(1)} s after the last was sent, wanted ≤ ${LATE_S}: kept up`,
      endedAfterS <= LATE_S,
    ],
    [`${bytes.toFixed(1)} bytes on disk a request, wanted ≤ ${BYTES_PER_REQUEST}`, bytes <= BYTES_PER_REQUEST],
    [
      `${account.sent} sent, ${account.stored} stored, ${account.rows} rows, ${dropped} dropped, ${account.unmatched} unmatched: none lost, none twice`,
      whole && dropped === 0 && account.unmatched === 0,
    ],
    [
      `memory grew by ${(100 * residentGrowth).toFixed(1)} % over the last half, wanted ≤ ${100 * GROWTH} %`,
      quick ? null : residentGrowth <= GROWTH,
    ],
  ];
}

export function printReport(report: IngestReport): void {
  const { exchanges, connections, rows, sustained, account } = report;
  console.log(`ingest: ${exchanges} recorded requests (two records each) of ${connections} connections, again and again; Node ${process.version}
Two agents, host and guest, on real WebSockets: acknowledged once stored. In each pass the connections have
other ports and sequence numbers, and each request's stamps are moved, as a whole, to when it is sent.
naive: an object per record, a Map, an INSERT per row. collector: 12 spans a request, passed on, not stored.\n`);
  table(
    ['as fast as it goes', 'requests/s', 'a CPU-second', 'of main', 'of worker', 'CPU/request ratio', 'bytes/request'],
    rows.map((row) => [
      row.name,
      count(row.requestsPerSecond),
      count(row.perCpuSecond),
      ...(row.name === 'collector' ? ['', ''] : [count(row.perMainSecond), count(row.perWorkerSecond)]),
      `${row.cost.ratio.toFixed(2)} [${row.cost.low.toFixed(2)}, ${row.cost.high.toFixed(2)}]`,
      row.bytesPerRequest?.toFixed(1) ?? '',
    ]),
  );
  const { liveDelayMs, longestGapMs, residentMostBytes } = sustained;
  console.log(`steady: ${sustained.seconds} s at ${count(sustained.rate)} requests/s, ${count(sustained.perCpuSecond)} a CPU-second,
${count(sustained.perMainSecond)} of the main thread, ${count(sustained.perWorkerSecond)} of the store's worker; live delay p99 ${Math.round(liveDelayMs.median)} ms in the middle,
${Math.round(liveDelayMs.most)} ms at most; ${Math.round(longestGapMs)} ms between two live ticks at most (200 are due); ${Math.round(residentMostBytes / 2 ** 20)} MiB resident at most`);
  const drops = Object.entries(account.drops).filter(([, dropped]) => dropped > 0);
  for (const [queue, dropped] of drops) console.log(`${String(dropped).padStart(8)} ${queue}`);
  for (const [what, met] of targetsOf(report)) {
    console.log(`${met === null ? '  --  ' : met ? '  met ' : 'MISSED'}  ${what}`);
  }
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
