/**
 * What web servers' own access logs add to paths: the share of their upstream.
 * A line reaches us before its request's record does, on the same connection and
 * in this order, so that no path has to wait for it.
 */
import type { Agent } from '../agents.ts';
import { KEY_BYTES, type PathColumns, STATION_COUNT } from '../join/paths.ts';
import type { RecordSource } from '../join/record-source.ts';
import { stationIndex } from '../wire/stations.ts';
import { type AccessLine, parseAccessLine } from './line.ts';
import { type WaitingLine, WaitingLines } from './waiting-lines.ts';

const APP_READ = stationIndex('app.read');
const APP_WRITE = stationIndex('app.write');
/** In a row's key, behind the two addresses. */
const CLIENT_PORT_AT = 32;
const SERVER_PORT_AT = 34;
/** Of all guests: of each the newest stay. */
const LINES_PER_GUEST = 16_384;
/** As long as a guest's record may wait for the host's. */
const EXPIRE_MS = 12_000;
/** The log's resolution: an upstream that ended when the response began may seem to have ended after it. */
const TICK_NS = 1e6;

export class AccessLogs {
  readonly #byGuest = new Map<number, WaitingLines>();
  #received = 0;
  #malformed = 0;
  #matched = 0;
  #unmatched = 0;

  /** @param source of this agent; @param nowMs wall clock of the server */
  add(agent: Agent, source: RecordSource, lines: readonly string[], nowMs: number): void {
    this.#received += lines.length;
    const toGuestClock = guestClockOf(agent, source);
    const waiting = this.#of(source.index);
    for (const text of lines) {
      const line = parseAccessLine(text);
      if (line) waiting.add(waitingLine(line, toGuestClock, nowMs));
      else this.#malformed += 1;
    }
  }

  /** Fill `upstream` of rows [from, to) where a line tells it. */
  apply(columns: PathColumns, from: number, to: number): void {
    for (let row = from; row < to; row++) {
      const waiting = this.#byGuest.get(columns.guestSource[row] as number);
      if (waiting) this.#applyTo(columns, row, waiting);
    }
  }

  #applyTo(columns: PathColumns, row: number, waiting: WaitingLines): void {
    const at = row * KEY_BYTES;
    const { keys } = columns;
    const readNs = columns.first[row * STATION_COUNT + APP_READ] as number;
    const ports = portAt(keys, at + CLIENT_PORT_AT) * 65_536 + portAt(keys, at + SERVER_PORT_AT);
    const line = waiting.take(ports, keys, at, readNs, columns.status[row] as number);
    if (!line) return;
    this.#matched += 1;
    columns.upstream[row] = upstreamNs(line, (columns.first[row * STATION_COUNT + APP_WRITE] as number) - readNs);
  }

  expire(nowMs: number): void {
    for (const waiting of this.#byGuest.values()) waiting.expire(nowMs - EXPIRE_MS);
  }

  /** The number of this guest's source will be used again. */
  forget(source: number): void {
    const waiting = this.#byGuest.get(source);
    waiting?.clear();
    this.#unmatched += waiting?.unmatched ?? 0;
    this.#byGuest.delete(source);
  }

  /** received = malformed + matched + unmatched + those that wait. */
  get counters(): Record<string, number> {
    let unmatched = this.#unmatched;
    for (const waiting of this.#byGuest.values()) unmatched += waiting.unmatched;
    return {
      'accesslog.received': this.#received,
      'accesslog.malformed': this.#malformed,
      'accesslog.matched': this.#matched,
      'accesslog.unmatched': unmatched,
    };
  }

  #of(source: number): WaitingLines {
    const known = this.#byGuest.get(source);
    if (known) return known;
    const fresh = new WaitingLines(LINES_PER_GUEST);
    this.#byGuest.set(source, fresh);
    return fresh;
  }
}

function portAt(keys: Uint8Array, at: number): number {
  return (keys[at] as number) | ((keys[at + 1] as number) << 8);
}

/** From the guest's wall clock, ms, to ns since its source's base, by its latest reading of both clocks. */
function guestClockOf({ hello, stats }: Agent, { base }: RecordSource): (wallMs: number) => number {
  const newer =
    stats && BigInt(stats.clocks.monotonicNs) > BigInt(hello.clock.monotonicNs) ? stats.clocks : hello.clock;
  const aheadNs = BigInt(newer.realtimeNs) - BigInt(newer.monotonicNs) + base;
  return (wallMs) => Number(BigInt(wallMs) * 1_000_000n - aheadNs);
}

function waitingLine(line: AccessLine, toGuestClock: (wallMs: number) => number, atMs: number): WaitingLine {
  return {
    ports: line.clientPort * 65_536 + line.serverPort,
    client: line.client,
    server: line.server,
    startNs: toGuestClock(line.startMs),
    endNs: toGuestClock(line.endMs),
    status: line.status,
    headerNs: line.headerMs * 1e6,
    responseNs: line.responseMs * 1e6,
    atMs,
  };
}

/** Of the upstream's time what lies before the response began: all of it, or up to its header where the body streams. */
function upstreamNs({ headerNs, responseNs }: WaitingLine, serviceNs: number): number {
  return responseNs <= serviceNs + TICK_NS || Number.isNaN(headerNs) ? responseNs : headerNs;
}
