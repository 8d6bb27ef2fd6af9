/** Random requests as they come to a server: late, out of order, with gaps in which nobody measured, and restarts between. */
import { seededRandom } from '../../../server/compare/random.ts';
import { type PathColumns, pathColumns } from '../../../server/join/paths.ts';
import type { Operator } from '../../../server/slo/indicator.ts';
import type { Maintenance, Method, Objective } from '../../../server/slo/objective.ts';
import type { AlertRule } from '../../../server/slo/presets.ts';
import { HEAD_BYTES } from '../../../server/wire/record.ts';

export const MINUTE = 60_000;
export const VM_NAMES = ['shop-1', 'shop-2', 'mail'];
const PATHS = ['/', '/checkout', '/checkout/pay?x=1', '/healthz', '/events/7'];
const METHODS = ['GET', 'POST'];
const STATUSES = [200, 204, 304, 404, 500, 503, 0];

/** One request in words, for who counts by hand. */
export interface Request {
  atMs: number;
  vm: number;
  port: number;
  method: string;
  path: string;
  status: number;
  /** Index into CLASSES. */
  class: number;
  /** NaN: not measured. */
  endToEnd: number;
}

export interface RandomStream {
  objective: Objective;
  requests: Request[];
  /** In the order in which they come, some at a time; `isRestart`: a new server takes the minutes that were kept. */
  arrivals: { requests: Request[]; isRestart: boolean }[];
  /** Minutes in which agents were there. */
  present: Set<number>;
  fromMs: number;
  toMs: number;
}

type Random = () => number;

export function randomStream(seed: number): RandomStream {
  const random = seededRandom(seed);
  const minutes = 20 + whole(random, 100);
  // Not at the beginning of a minute, an hour or a day, and now and then over a change of summer time.
  const base = [Date.UTC(2026, 2, 29, 0, 40), Date.UTC(2026, 9, 25, 0, 10), Date.UTC(2026, 4, 31, 22, 50)];
  const fromMs = pick(random, base) + whole(random, 40 * MINUTE);
  const toMs = fromMs + minutes * MINUTE;
  const requests = allRequests(random, fromMs, minutes);
  return {
    objective: randomObjective(random, fromMs, minutes),
    requests,
    arrivals: arrivalsOf(random, requests),
    present: presentMinutes(random, fromMs, toMs),
    fromMs,
    toMs,
  };
}

function whole(random: Random, below: number): number {
  return Math.floor(random() * below);
}

function pick<T>(random: Random, all: readonly T[]): T {
  return all[whole(random, all.length)]!;
}

function allRequests(random: Random, fromMs: number, minutes: number): Request[] {
  const count = whole(random, 400);
  const gapAt = fromMs + random() * minutes * MINUTE;
  const gapMs = random() < 0.5 ? random() * 20 * MINUTE : 0;
  const badAt = fromMs + random() * minutes * MINUTE;
  const all: Request[] = [];
  for (let i = 0; i < count; i++) {
    // Some exactly at the edge of a minute.
    const at = fromMs + random() * minutes * MINUTE;
    const atMs = random() < 0.1 ? Math.floor(at / MINUTE) * MINUTE : at;
    if (atMs >= gapAt && atMs < gapAt + gapMs) continue;
    const isBad = atMs > badAt && atMs < badAt + 15 * MINUTE && random() < 0.7;
    all.push({
      atMs,
      vm: whole(random, 3),
      port: pick(random, [80, 8080]),
      method: pick(random, METHODS),
      path: pick(random, PATHS),
      status: isBad ? 503 : pick(random, STATUSES),
      class: random() < 0.9 ? 0 : whole(random, 4),
      endToEnd: random() < 0.05 ? Number.NaN : Math.round((isBad ? 4e6 : 1e6) * random()),
    });
  }
  return all;
}

function arrivalsOf(random: Random, requests: readonly Request[]): RandomStream['arrivals'] {
  const lateMs = () => (random() < 0.1 ? random() * 30 * MINUTE : random() * 2_000);
  const order = requests.map((request) => ({ request, at: request.atMs + lateMs() })).sort((a, b) => a.at - b.at);
  const arrivals: RandomStream['arrivals'] = [];
  for (let from = 0; from < order.length; ) {
    const to = from + 1 + whole(random, 60);
    arrivals.push({ requests: order.slice(from, to).map(({ request }) => request), isRestart: random() < 0.2 });
    from = to;
  }
  return arrivals;
}

function presentMinutes(random: Random, fromMs: number, toMs: number): Set<number> {
  const present = new Set<number>();
  let isThere = true;
  for (let minute = Math.floor(fromMs / MINUTE); minute < toMs / MINUTE; minute++) {
    if (random() < 0.1) isThere = !isThere;
    if (isThere) present.add(minute);
  }
  return present;
}

function randomObjective(random: Random, fromMs: number, minutes: number): Objective {
  const method = pick<Method>(random, ['Occurrences', 'Occurrences', 'Timeslices', 'RatioTimeslices']);
  const slice = {
    minutes: pick(random, [1, 2, 5]),
    target: method === 'Timeslices' ? pick(random, [0.5, 0.9, 1]) : null,
  };
  const calendar = {
    start: { year: 2026, month: 1, day: 31, hour: whole(random, 24), minute: whole(random, 60) },
    timeZone: pick(random, ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu']),
  };
  const isRolling = random() < 0.5;
  const threshold = { time: 'end-to-end' as const, op: pick<Operator>(random, ['lte', 'lt']), ns: 900_000 };
  const byStatus = { selector: { status: pick(random, [['2xx', '3xx'], ['!5xx']]) }, isBad: false };
  return {
    ...{ id: 'o', slo: 'o', title: 'o', service: 's', method },
    indicator: {
      total: {
        ...(random() < 0.4 && { vm: pick(random, [['shop-*'], ['mail', 'shop-1']]) }),
        ...(random() < 0.3 && { port: [80] }),
        ...(random() < 0.3 && { method: ['GET'] }),
        ...(random() < 0.3 && { path: ['/', '/checkout*', '/healthz'] }),
      },
      ...(random() < 0.5 && { numerator: byStatus }),
      ...(random() < 0.6 && { threshold }),
      longPolls: random() < 0.5 ? ['/events/*'] : [],
      healthChecks: random() < 0.5 ? ['/healthz'] : [],
    },
    target: pick(random, [0.5, 0.9, 0.99, 0.999]),
    slice: method === 'Occurrences' ? null : slice,
    window: isRolling
      ? { length: { count: 1 + whole(random, 90), unit: 'm' }, calendar: null }
      : {
          length: pick(random, [
            { count: 1, unit: 'h' as const },
            { count: 1, unit: 'd' as const },
            { count: 1, unit: 'M' as const },
          ]),
          calendar,
        },
    rules: [randomRule(random, 1), randomRule(random, 2)],
    maintenance: random() < 0.3 ? [randomMaintenance(random, fromMs, minutes)] : [],
  };
}

function randomRule(random: Random, n: number): AlertRule {
  return {
    ...{ name: `rule-${n}`, severity: 'page', op: 'gt' },
    longMinutes: 5 + whole(random, 30),
    shortMinutes: random() < 0.2 ? null : 1 + whole(random, 5),
    factor: pick(random, [0.5, 1, 2, 5]),
    forMinutes: pick(random, [0, 0, 2]),
  };
}

function randomMaintenance(random: Random, fromMs: number, minutes: number): Maintenance {
  const from = (Math.floor(fromMs / MINUTE) + whole(random, minutes)) * MINUTE;
  return { fromMs: from, toMs: from + (1 + whole(random, 10)) * MINUTE, why: 'upgrade' };
}

/** The requests as a joiner would have made them, as far as objectives look. */
export function columnsOf(requests: readonly Request[]): PathColumns {
  const columns = pathColumns(Math.max(1, requests.length));
  columns.count = requests.length;
  requests.forEach((request, row) => {
    columns.atMs[row] = request.atMs;
    columns.vm[row] = request.vm;
    columns.status[row] = request.status;
    columns.class[row] = request.class;
    columns.endToEnd[row] = request.endToEnd;
    columns.keys.set([request.port & 255, request.port >> 8], row * 36 + 34);
    const head = new TextEncoder().encode(`${request.method} ${request.path}`);
    columns.heads.set(head, row * HEAD_BYTES);
    columns.headLength[row] = head.length;
  });
  return columns;
}
