/**
 * The times of paths in SQL over the tables of a store's file: what
 * `join/layers.ts` derives row by row, for questions about millions of rows.
 * In the file each station but the last counts from the one before it, so most
 * layers are a column as it stands; the last one counts from the first.
 */
import { GAP } from '../join/clock-method.ts';
import { HELD_BACK_NS } from '../join/layers.ts';
import { CLASSES } from '../wire/record.ts';
import {
  GUEST_STATIONS,
  LAYERS,
  type LayerDefinition,
  STATIONS,
  type Station,
  stationIndex,
} from '../wire/stations.ts';
import { CROSSING_NAME, firstName, lastName, OTHER_NAMES, USUAL_NAMES } from './packed-rows.ts';
import { PATH_TABLES } from './stored-table.ts';

const REQUEST = CLASSES.indexOf('request');
const BOUND = 'bound_ns';

export interface TimedRun {
  /** Its number in the table `names`. */
  id: number;
  /** Whether a clock jumped within a path of it. */
  hasGaps: boolean;
}

/** Requests of a run, in place of a table: `number`, `ticks`, `bound_ns`, and a column of whole ns for each time that is asked for. */
export function timedRequests({ id, hasGaps }: TimedRun, names: readonly string[]): string {
  const sql = expressions(hasGaps ? `kind NOT IN (SELECT id FROM kinds WHERE clock = ${GAP}) AND ` : '');
  const times = names.map((name, i) => `${sql.get(name)} AS ${timeColumn(i)}`);
  const connections = names.includes('client') ? 'JOIN connections ON connections.id = connection' : '';
  const bound = `CASE WHEN ${isThere(BOUND)} THEN ${ns(BOUND)} END AS ${BOUND}`;
  return `(SELECT number, ticks, ${[bound, ...times].join(', ')} FROM (${rowsOf(id)}) ${connections})`;
}

/** Of the i-th name. */
export function timeColumn(i: number): string {
  return `time_${i}`;
}

/** PACKED as it is, and the rows that did not fit made like it: 0 is missing, and what is not negative is one more than it was. */
function rowsOf(run: number): string {
  const packed = (name: string) => `${name}::${typeOf(name)} AS ${name}`;
  const long = (name: string) =>
    `(CASE WHEN ${name} >= 0 THEN ${name} + 1 ELSE coalesce(${name}, 0) END)::${typeOf(name)} AS ${name}`;
  const usual = [...USUAL_NAMES.map(packed), ...OTHER_NAMES.map((name) => `${impliedIn(name)} AS ${name}`)];
  const all = [...USUAL_NAMES, ...OTHER_NAMES];
  const columns = { usual_paths: usual, other_paths: all.map(packed), long_paths: all.map(long) };
  return PATH_TABLES.map(
    (table) => `SELECT number, kind, connection, ticks::DOUBLE AS ticks, ${columns[table].join(', ')}
    FROM ${table} WHERE run = ${run} AND class = ${REQUEST}`,
  ).join(' UNION ALL ');
}

/** In a usual row the last byte of a message passed with its first one, and nothing else is there. */
function impliedIn(name: string): string {
  const station = STATIONS.find((each) => lastName(each) === name);
  return station === undefined ? '0::BIGINT' : `(${firstName(station)} <> 0)::BIGINT`;
}

/** All but the bound are whole. */
function typeOf(name: string): string {
  return name === BOUND ? 'DOUBLE' : 'BIGINT';
}

/** ns, 0 where missing: without a CASE, which costs more than all the rest. */
function ns(column: string): string {
  return `(${column} - (${column} > 0)::BIGINT)`;
}

function isThere(...columns: readonly string[]): string {
  return columns.map((column) => `${column} <> 0`).join(' AND ');
}

function sum(columns: readonly string[]): string {
  return `(${columns.map(ns).join(' + ')})`;
}

/** By what they are called everywhere. @param steady a condition for all that the guest measured, and ` AND ` */
function expressions(steady: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const layer of LAYERS) found.set(layer.layer, step(layer, steady));
  const addParts = (whole: string, first: string, rest: string, [there, measured]: Measured) => {
    const all = found.get(whole)!;
    const share = `CASE WHEN ${there} AND ${measured} >= 0 AND ${all} >= 0 THEN least(${measured}, ${all}) END`;
    found.set(first, share).set(rest, `${all} - ${share}`);
  };
  addParts('tcp.in', 'tcp.in.ip', 'tcp.in.tcp', between('vnic.rx', 'tcp.rx'));
  addParts('wait', 'wait.run', 'wait.busy', plain('run_delay_ns'));
  addParts('service', 'service.upstream', 'service.own', plain('upstream_ns'));
  addParts('tcp.out', 'tcp.out.tcp', 'tcp.out.ip', between('app.write', 'tcp.tx'));
  return found.set('client', CLIENT).set('vnic both', vnicBoth(steady)).set('end to end', notNegative('', END_TO_END));
}

function step({ from, to, clock, direction }: LayerDefinition, steady: string): string {
  if (from === to) return notNegative('', plain(lastName(to)));
  if (clock === 'host') return notNegative('', between(from, to));
  if (clock === 'guest') return notNegative(steady, between(from, to));
  return notNegative(steady, direction === 'in' ? CROSSED_IN : CROSSED_OUT);
}

/** What must be there for it to be true, and how many ns it is then. */
type Measured = readonly [there: string, ns: string];

function notNegative(condition: string, [there, ns]: Measured): string {
  return `CASE WHEN ${condition}${there} AND ${ns} >= 0 THEN ${ns} END`;
}

function plain(column: string): Measured {
  return [isThere(column), ns(column)];
}

/** From one station to a later one of its vantage's side. */
function between(from: Station, to: Station): Measured {
  const there = isThere(firstName(from), firstName(to));
  if (to === LAST) return [there, `(${ns(firstName(to))} - ${sinceFirst(from)})`];
  const passed = STATIONS.slice(stationIndex(from) + 1, stationIndex(to) + 1);
  return [there, sum(passed.map(firstName))];
}

/** Of a station of the way out on the host; without a clock those count from the last one before the guest. */
function sinceFirst(station: Station): string {
  const [into, out] = [stationIndex(GUEST_IN), stationIndex(GUEST_OUT)];
  const onHost = [...STATIONS.slice(0, into), ...STATIONS.slice(out + 1, stationIndex(station) + 1)];
  const inGuest = sum([CROSSING_NAME, ...GUEST_STATIONS.map(firstName)]);
  return `(${sum(onHost.map(firstName))} + (${CROSSING_NAME} <> 0)::BIGINT * ${inGuest})`;
}

const [FIRST, LAST] = [STATIONS[0], STATIONS.at(-1)!];
const END_TO_END: Measured = [
  isThere(...[FIRST, LAST].map(firstName), lastName(LAST)),
  sum([firstName(LAST), lastName(LAST)]),
];
const [GUEST_IN, GUEST_OUT] = [GUEST_STATIONS[0], GUEST_STATIONS.at(-1)!];
/** The host's stations next to the guest. */
const LEFT = STATIONS[stationIndex(GUEST_IN) - 1]!;
const BACK = STATIONS[stationIndex(GUEST_OUT) + 1]!;
const CROSSED_IN: Measured = [
  isThere(CROSSING_NAME, firstName(LEFT), firstName(GUEST_IN)),
  sum([CROSSING_NAME, firstName(GUEST_IN)]),
];
const CROSSED_OUT: Measured = [isThere(CROSSING_NAME, firstName(GUEST_OUT), firstName(BACK)), ns(firstName(BACK))];

/** Without a clock the stations behind the guest count from the last one before it. */
function vnicBoth(steady: string): string {
  const there = isThere(...[LEFT, GUEST_IN, GUEST_OUT, BACK].map(firstName));
  const known = sum([CROSSING_NAME, firstName(GUEST_IN), firstName(BACK)]);
  const [, inside] = between(GUEST_IN, GUEST_OUT);
  const all = `CASE WHEN ${isThere(CROSSING_NAME)} THEN ${known} ELSE ${ns(firstName(BACK))} - ${inside} END`;
  return `CASE WHEN ${steady}${there} THEN ${all} END`;
}

const CLIENT = `CASE WHEN ${isThere('acked_ns')} AND ${ns('acked_ns')} - coalesce(client_rtt_ns, 0) < ${HELD_BACK_NS}
  THEN ${ns('acked_ns')} ELSE client_rtt_ns::BIGINT END`;
