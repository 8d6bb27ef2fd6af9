/**
 * The times of paths in SQL over the tables of a store's file: what
 * `join/layers.ts` derives row by row, for questions about millions of rows.
 * In the file each station counts from the one before it, so most layers are a
 * column as it stands.
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
import { unpacked } from './column-appender.ts';
import { CROSSING_NAME, firstName, lastName, PACKED_NAMES } from './packed-rows.ts';

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
  return `(SELECT number, ticks, ${[BOUND, ...times].join(', ')} FROM (${rowsOf(id)}) ${connections})`;
}

/** Of the i-th name. */
export function timeColumn(i: number): string {
  return `time_${i}`;
}

function rowsOf(run: number): string {
  const typed = (name: string, sql: string) => `(${sql})::${name === BOUND ? 'DOUBLE' : 'BIGINT'} AS ${name}`;
  const select = (table: string, read: (name: string) => string) =>
    `SELECT number, kind, connection, ticks::DOUBLE AS ticks, ${PACKED_NAMES.map((name) => typed(name, read(name))).join(', ')}
    FROM ${table} WHERE run = ${run} AND class = ${REQUEST}`;
  return `${select('packed_paths', unpacked)} UNION ALL ${select('long_paths', (name) => name)}`;
}

/** By what they are called everywhere. @param steady a condition for all that the guest measured, and ` AND ` */
function expressions(steady: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const layer of LAYERS) found.set(layer.layer, step(layer, steady));
  const addParts = (whole: string, first: string, rest: string, measured: string) => {
    const all = found.get(whole)!;
    const share = `CASE WHEN ${all} >= 0 AND ${measured} >= 0 THEN least(${measured}, ${all}) END`;
    found.set(first, share).set(rest, `${all} - ${share}`);
  };
  addParts('tcp.in', 'tcp.in.ip', 'tcp.in.tcp', between('vnic.rx', 'tcp.rx'));
  addParts('wait', 'wait.run', 'wait.busy', 'run_delay_ns');
  addParts('service', 'service.upstream', 'service.own', 'upstream_ns');
  addParts('tcp.out', 'tcp.out.tcp', 'tcp.out.ip', between('app.write', 'tcp.tx'));
  return found.set('client', CLIENT).set('vnic both', vnicBoth(steady)).set('end to end', END_TO_END);
}

function step({ from, to, clock, direction }: LayerDefinition, steady: string): string {
  if (from === to) return notNegative(lastName(to));
  if (clock === 'host') return notNegative(between(from, to));
  if (clock === 'guest') return notNegative(between(from, to), steady);
  return notNegative(direction === 'in' ? CROSSED_IN : CROSSED_OUT, steady);
}

function notNegative(ns: string, condition = ''): string {
  return `CASE WHEN ${condition}${ns} >= 0 THEN ${ns} END`;
}

function slot(station: Station): number {
  return stationIndex(station);
}

/** From one station to a later one of its vantage's side; NULL where one of them is missing. */
function between(from: Station, to: Station): string {
  const passed = STATIONS.slice(slot(from) + 1, slot(to)).map((station) => `coalesce(${firstName(station)}, 0)`);
  return `CASE WHEN ${firstName(from)} IS NOT NULL THEN ${[...passed, firstName(to)].join(' + ')} END`;
}

const [GUEST_IN, GUEST_OUT] = [GUEST_STATIONS[0], GUEST_STATIONS.at(-1)!];
const LEFT = STATIONS[slot(GUEST_IN) - 1]!;
const BACK = STATIONS[slot(GUEST_OUT) + 1]!;
const CROSSED_IN = `CASE WHEN ${firstName(LEFT)} IS NOT NULL THEN ${CROSSING_NAME} + ${firstName(GUEST_IN)} END`;
const CROSSED_OUT = `CASE WHEN ${CROSSING_NAME} IS NOT NULL AND ${firstName(GUEST_OUT)} IS NOT NULL THEN ${firstName(BACK)} END`;

/** Without a clock between them the stations behind the guest count from the last one before it. */
function vnicBoth(steady: string): string {
  const all = [LEFT, GUEST_IN, GUEST_OUT, BACK].map((station) => `${firstName(station)} IS NOT NULL`).join(' AND ');
  const known = `${CROSSING_NAME} + ${firstName(GUEST_IN)} + ${firstName(BACK)}`;
  const unknown = `${firstName(BACK)} - (${between(GUEST_IN, GUEST_OUT)})`;
  return `CASE WHEN ${steady}${all} THEN coalesce(${known}, ${unknown}) END`;
}

const END_TO_END = endToEnd();

function endToEnd(): string {
  const [first, end] = [STATIONS[0], STATIONS.at(-1)!];
  const steps = (some: readonly Station[]) => some.map((station) => `coalesce(${firstName(station)}, 0)`).join(' + ');
  const host = steps([...STATIONS.slice(1, slot(GUEST_IN)), ...STATIONS.slice(slot(BACK), -1)]);
  const inside = `coalesce(${CROSSING_NAME} + ${steps(GUEST_STATIONS)}, 0)`;
  const ns = `${host} + ${inside} + ${firstName(end)} + ${lastName(end)}`;
  return `CASE WHEN ${firstName(first)} IS NOT NULL AND ${ns} >= 0 THEN ${ns} END`;
}

const CLIENT = `CASE WHEN acked_ns - coalesce(client_rtt_ns, 0) < ${HELD_BACK_NS} THEN acked_ns ELSE client_rtt_ns::BIGINT END`;
