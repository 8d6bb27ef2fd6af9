/** Hopscope's paths against what tshark saw of the same exchanges, request by request. Pure. */
import type { Station } from '../../server/wire/stations.ts';
import type { PathView } from '../../server/wire/views.ts';
import { addressOf, type Logged } from './oracle-log.ts';
import { Timeline } from './oracle-timeline.ts';
import { connectionOf, EPOCH_S, exchangeKey, type Seen, type SeenExchange } from './oracle-tshark.ts';

export interface Evidence {
  uplink: Seen;
  tap: Seen;
  guest: Seen;
  /** The service's own access log, by URI. */
  log: ReadonlyMap<string, Logged[]>;
}

/** |ours − tshark's|, ns; empty where nothing could be compared. */
export interface Differences {
  compared: number;
  p50: number | null;
  p99: number | null;
  max: number | null;
}

export interface Verdict {
  /** Exchanges that tshark has at the uplink. */
  exchanges: number;
  found: number;
  /** Neighbours on a connection that we have the other way round. */
  swapped: number;
  /** Exchanges on different connections that we have the other way round by more than {@link SAME_MOMENT_NS}. */
  crossed: number;
  wrongJoins: number;
  /** Of missing and wrong ones: a few, for people. */
  examples: string[];
  /** tap.tx → tap.rx, nic.rx → nic.tx, vnic.rx → vnic.tx; nic.rx → last byte at nic.tx. */
  tap: Differences;
  nic: Differences;
  guest: Differences;
  whole: Differences;
}

/** Two CPUs may stamp two connections' packets in either order. */
export const SAME_MOMENT_NS = 50_000;
const MOST_EXAMPLES = 5;
/** Where tshark's request and response frames are ours, and in which capture. */
const STATIONS = [
  { place: 'uplink', side: 'request', station: 'nic.rx' },
  { place: 'tap', side: 'request', station: 'tap.tx' },
  { place: 'guest', side: 'request', station: 'vnic.rx' },
  { place: 'guest', side: 'response', station: 'vnic.tx' },
  { place: 'tap', side: 'response', station: 'tap.rx' },
  { place: 'uplink', side: 'response', station: 'nic.tx' },
] as const;

interface Pair {
  seen: SeenExchange;
  path: PathView;
}

export function keyOf(path: PathView): string {
  const { client, server } = path;
  return exchangeKey(connectionOf(client.address, client.port, server.address, server.port), path.requestSeq);
}

/** @param chosen which of tshark's exchanges are judged; the others only stand beside them on their connection */
export function judge(paths: readonly PathView[], evidence: Evidence, chosen: (uri: string) => boolean): Verdict {
  const byKey = new Map(paths.map((path) => [keyOf(path), path]));
  const seen = evidence.uplink.exchanges.filter(({ uri }) => chosen(uri));
  const pairs = seen.flatMap((each) => {
    const path = byKey.get(each.key);
    return path === undefined ? [] : [{ seen: each, path }];
  });
  const wrong = wrongJoins(pairs, evidence);
  const missing = seen.filter(({ key }) => !byKey.has(key)).map(({ uri, key }) => `not found: ${uri} (${key})`);
  return {
    exchanges: seen.length,
    found: pairs.length,
    ...order(pairs),
    wrongJoins: wrong.size,
    examples: [...missing.slice(0, MOST_EXAMPLES), ...[...wrong.values()].slice(0, MOST_EXAMPLES)],
    tap: windows(pairs, evidence.tap, 'firstNs', (path) => between(path, 'tap.tx', 'tap.rx')),
    nic: windows(pairs, evidence.uplink, 'firstNs', (path) => between(path, 'nic.rx', 'nic.tx')),
    guest: windows(pairs, evidence.guest, 'firstNs', guestWindow),
    whole: windows(pairs, evidence.uplink, 'wholeNs', ({ endToEndNs }) => endToEndNs),
  };
}

/**
 * A path is wrong when any of its stations' times belongs, on its connection in
 * the capture of that place, to another request than the one whose nonce the
 * path's key leads to; or when the service logged that nonce otherwise.
 * @returns a sentence per wrong path
 */
function wrongJoins(pairs: readonly Pair[], evidence: Evidence): Map<string, string> {
  const wrong = new Map<string, string>();
  for (const { place, side, station } of STATIONS) {
    const timeline = new Timeline(evidence[place].exchanges, side);
    const times = pairs.map(({ path }) => absoluteNs(path, station));
    const keys = pairs.map(({ seen }) => seen.key);
    const strangers = timeline.strangers(keys, times, SAME_MOMENT_NS);
    pairs.forEach(({ seen, path }, i) => {
      if (strangers[i] === null) return;
      wrong.set(path.id, `path ${path.id}, ${seen.uri}: its ${station} is the time of ${strangers[i]}`);
    });
  }
  for (const { seen, path } of pairs) {
    const fault = logFault(path, seen, evidence.log.get(seen.uri) ?? []);
    if (fault !== null) wrong.set(path.id, `path ${path.id}, ${seen.uri}: ${fault}`);
  }
  return wrong;
}

function logFault(path: PathView, seen: SeenExchange, logged: readonly Logged[]): string | null {
  if (path.status !== seen.status) return `status ${path.status}, tshark has ${seen.status}`;
  if (!seen.uri.startsWith(`${path.path}?`)) return `its path is ${path.path}`;
  const [entry] = logged;
  if (entry === undefined || logged.length > 1) return `the service logged it ${logged.length} times`;
  if (entry.client !== addressOf(path.client)) return `the service had it from ${entry.client}`;
  return entry.status === path.status ? null : `the service logged status ${entry.status}`;
}

/**
 * Where a station stands in time, ns by the clock of its own machine, but for a
 * constant; null where it is missing. What we took off a guest's time to show it
 * on the host's timeline is put back: whose a moment is, is no matter of clocks.
 */
function absoluteNs(path: PathView, station: Station): number | null {
  const found = path.stations.find((each) => each.station === station);
  if (found?.firstNs === null || found?.firstNs === undefined) return null;
  const offset = found.vantage === 'guest' ? (path.clock.offsetNs ?? 0) : 0;
  return (path.atMs - EPOCH_S * 1000) * 1e6 + found.firstNs - offset;
}

function between(path: PathView, from: Station, to: Station): number | null {
  const [start, end] = [from, to].map((name) => path.stations.find(({ station }) => station === name)?.firstNs ?? null);
  return start === null || end === null ? null : end! - start!;
}

/** By the layers between the two stations: they need no clock. */
function guestWindow(path: PathView): number | null {
  const parts = ['tcp.in', 'wait', 'service', 'tcp.out'].map((id) => path.layers.find(({ layer }) => layer === id)?.ns);
  return parts.some((ns) => ns === null || ns === undefined) ? null : parts.reduce((a, b) => a! + b!, 0)!;
}

function windows(
  pairs: readonly Pair[],
  place: Seen,
  window: 'firstNs' | 'wholeNs',
  ours: (path: PathView) => number | null,
): Differences {
  const theirs = new Map(place.exchanges.map((exchange) => [exchange.key, exchange[window]]));
  const differences = pairs.flatMap(({ seen, path }) => {
    const [a, b] = [ours(path), theirs.get(seen.key)];
    return a === null || b === undefined ? [] : [Math.abs(a - b)];
  });
  differences.sort((a, b) => a - b);
  const at = (q: number) => differences[Math.min(differences.length - 1, Math.floor(q * differences.length))] ?? null;
  return { compared: differences.length, p50: at(0.5), p99: at(0.99), max: differences.at(-1) ?? null };
}

/** Whether our times are in tshark's order: on each connection strictly, between connections beyond one moment. */
function order(pairs: readonly Pair[]): { swapped: number; crossed: number } {
  const sorted = pairs.toSorted((a, b) => a.seen.requestNs - b.seen.requestNs);
  const latest = new Map<string, number>();
  let [swapped, crossed, reached] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const { seen, path } of sorted) {
    const ours = absoluteNs(path, 'nic.rx');
    if (ours === null) continue;
    if (ours <= (latest.get(seen.connection) ?? Number.NEGATIVE_INFINITY)) swapped++;
    else if (ours < reached - SAME_MOMENT_NS) crossed++;
    latest.set(seen.connection, ours);
    reached = Math.max(reached, ours);
  }
  return { swapped, crossed };
}
