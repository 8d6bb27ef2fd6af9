/**
 * A store with 24 hours of three VMs, made by real ingest: a server whose clock
 * is given to it, agents whose machines' clocks go by the same one, and
 * recorded records re-timed to it. How long answers about stretches of it take
 * is asked of a real `hopscope server` on that store.
 */
import pino from 'pino';
import type { TcpAddress } from '../../server/listen-address.ts';
import { startServer } from '../../server/server.ts';
import { KEEP_ALL } from '../../server/store/upkeep.ts';
import type { SeriesPoints } from '../../server/wire/series-views.ts';
import type { RunInfo } from '../../server/wire/views.ts';
import { TOKEN } from '../server/server-process.ts';
import { BenchAgents } from './dashboard-agents.ts';
import { VM_COUNT, VMS, VmTraffic } from './dashboard-traffic.ts';
import { recordedExchanges } from './ingest-records.ts';

const DAY_S = 86_400;
/** What the agents give at a time. */
const PIECE_S = 60;
const RUN = 'day';
/** A machine that booted some time before the day began. */
const BOOTED_BEFORE_NS = 3_600e9;
/** As wide as a chart on a wide screen. */
const POINTS = 600;

/** @param rate requests a second of all VMs together @returns how many are in the store */
export async function storeDay(folder: string, rate: number): Promise<number> {
  const zeroMs = Date.now() - DAY_S * 1000 - BOOTED_BEFORE_NS / 1e6;
  let nowNs = BOOTED_BEFORE_NS;
  let setMs = performance.now();
  const server = await startServer(
    {
      ...{ listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }], token: TOKEN, tokenGenerated: false, run: RUN },
      ...{ allowOrigins: [], longPolls: [], keepRun: false, retention: KEEP_ALL, rawPerSecond: null },
      ...{ objectives: null, receivers: [], externalUrl: null },
      ...{ logLevel: 'silent', logFormat: 'json', dashboard: '/nonexistent', traceUrl: null, store: folder },
    },
    // A piece's two records come over two sockets, and the clock goes by a minute from one piece to the next.
    {
      log: pino({ level: 'silent' }),
      // It goes on while the agents wait: some of what the server holds back it lets go after a time.
      now: () => zeroMs + nowNs / 1e6 + Math.min(performance.now() - setMs, (PIECE_S / 2) * 1000),
      waits: { expireNs: 2 * DAY_S * 1e9, shortestWaitS: 2 * DAY_S, longestWaitS: 2 * DAY_S },
    },
  );
  const agents = new BenchAgents((server.addresses[0] as TcpAddress).port, { nowNs: () => nowNs, zeroMs });
  await agents.connected();
  const recorded = await recordedExchanges();
  const traffic = VMS.map((_, vm) => new VmTraffic(recorded, vm));
  const each = Math.round((rate * PIECE_S) / VM_COUNT);
  for (let second = 0; second < DAY_S; second += PIECE_S) {
    const fromNs = nowNs;
    nowNs += PIECE_S * 1e9;
    setMs = performance.now();
    for (const [vm, own] of traffic.entries()) {
      for (let given = 0; given < each; ) {
        const everyNs = (PIECE_S * 1e9) / each;
        const records = own.next(each - given, fromNs + given * everyNs, everyNs);
        agents.emit(vm, records);
        given += records.count;
      }
    }
    await agents.readAll();
  }
  await agents.readAll(0);
  await agents.close();
  await server.close();
  return (each * VM_COUNT * DAY_S) / PIECE_S;
}

export interface Range {
  name: string;
  firstMs: number;
  medianMs: number;
  worstMs: number;
  stepS: number;
  points: number;
}

const RANGES = [
  { name: '24 h', hours: 24, query: '' },
  { name: '24 h, heatmap', hours: 24, query: '&heatmap=1' },
  { name: '24 h, one VM, heatmap', hours: 24, query: `&heatmap=1&vm=${VMS[0]!.name}` },
  { name: '12 h, heatmap', hours: 12, query: '&heatmap=1' },
  { name: '6 h, heatmap', hours: 6, query: '&heatmap=1' },
  { name: '1 h, heatmap', hours: 1, query: '&heatmap=1' },
  { name: '10 min, heatmap', hours: 1 / 6, query: '&heatmap=1' },
];

/** Each range so many times, every time another stretch of it where there is one. */
export async function askRanges(port: number, rounds: number): Promise<Range[]> {
  const base = `http://127.0.0.1:${port}/api/runs`;
  const runs = (await (await fetch(base)).json()) as RunInfo[];
  const day = runs.find(({ name }) => name === RUN)!;
  const fromS = Math.ceil(day.startedMs / 1000);
  const ranges: Range[] = [];
  for (const { name, hours, query } of RANGES) {
    const free = DAY_S - hours * 3600;
    const all: number[] = [];
    let answer: SeriesPoints | null = null;
    for (let round = 0; round <= rounds; round++) {
      const from = fromS + Math.floor((free * ((round * 7) % (rounds + 1))) / (rounds + 1));
      const startMs = performance.now();
      const response = await fetch(
        `${base}/${day.id}/series?points=${POINTS}&from=${from}&to=${from + hours * 3600}${query}`,
      );
      answer = (await response.json()) as SeriesPoints;
      all.push(performance.now() - startMs);
      const counted = answer.points.filter(({ count }) => (count ?? 0) > 0).length;
      if (counted < answer.points.length - 2) throw new Error(`${name}: ${counted} of ${answer.points.length} points`);
    }
    const again = all.slice(1).sort((a, b) => a - b);
    const [medianMs, worstMs] = [again[again.length >> 1]!, again.at(-1)!];
    ranges.push({ name, firstMs: all[0]!, medianMs, worstMs, stepS: answer!.stepS, points: answer!.points.length });
  }
  return ranges;
}
