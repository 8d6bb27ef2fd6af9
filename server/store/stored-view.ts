/** The view `paths`, in which anyone reads the paths of a store's file as they were. */
import { CLOCK_METHODS } from '../join/clock-method.ts';
import { CLASSES, PROTOCOLS } from '../wire/record.ts';
import { GUEST_STATIONS, STATIONS, type Station, stationIndex } from '../wire/stations.ts';
import { unpacked } from './column-appender.ts';
import { CROSSING_NAME, firstName, lastName, OTHER_NAMES, TICKS_PER_MS, USUAL_NAMES } from './packed-rows.ts';
import { PATH_FIELDS } from './path-fields.ts';
import { OWN_NAMES, TABLES, type TableName, tableDefinition } from './stored-table.ts';

/** Rows of all tables, with null for what was not measured. */
function allRows(): string {
  const own = OWN_NAMES.join(', ');
  const values = (names: readonly string[]) => names.map((name) => `(${unpacked(name)})::DOUBLE AS ${name}`).join(', ');
  const lasts = STATIONS.map((s) => `CASE WHEN ${firstName(s)} <> 0 THEN 0.0::DOUBLE END AS ${lastName(s)}`).join(', ');
  return [
    `SELECT ${own}, ${values(USUAL_NAMES)}, ${lasts}, NULL AS connect_ns, NULL AS upstream_ns FROM usual_paths`,
    `SELECT ${own}, ${values([...USUAL_NAMES, ...OTHER_NAMES])} FROM other_paths`,
    `SELECT ${own}, ${[...USUAL_NAMES, ...OTHER_NAMES].join(', ')} FROM long_paths`,
  ].join(' UNION ALL ');
}

const GUEST_IN = stationIndex(GUEST_STATIONS[0]);
const HOST_AGAIN = stationIndex(GUEST_STATIONS.at(-1)!) + 1;
const HOST_IN = STATIONS.slice(0, GUEST_IN);
/** The last one counts from the first one already. */
const HOST_OUT = STATIONS.slice(HOST_AGAIN, -1);
const [FIRST, LAST] = [STATIONS[0], STATIONS.at(-1)!];

/** All steps up to a station: where it is on its vantage's timeline. */
function steps(stations: readonly Station[]): string {
  return stations.map((station) => `coalesce(${firstName(station)}, 0)`).join(' + ');
}

function positions(stations: readonly Station[], since = '0'): [name: string, sql: string][] {
  return stations.map((station, i) => {
    const at = `${since} + ${steps(stations.slice(0, i + 1))}`;
    return [firstName(station), `CASE WHEN ${firstName(station)} IS NOT NULL THEN ${at} END`];
  });
}

/** Where the response came out of the guest, or where the request went in if its clock is not known. */
const LEFT_GUEST = `(coalesce(${CROSSING_NAME} + ${steps(GUEST_STATIONS)}, 0) + ${steps(HOST_IN)})`;
const END_TO_END = `${firstName(LAST)} + ${lastName(LAST)}`;

function textOf(index: string, names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(', ')}][${index} + 1]`;
}

/** How a field is read from the rows and what they refer to. */
const READ: Readonly<Record<string, string>> = {
  vm: 'vm_names.name',
  at_ms: `ticks / ${TICKS_PER_MS}.0`,
  class: textOf('class', CLASSES),
  protocol: textOf('protocol', PROTOCOLS),
  clock: textOf('clock', CLOCK_METHODS),
  request_seq: 'high_seq::BIGINT * 65536 + low_seq',
  [CROSSING_NAME]: `${CROSSING_NAME} + ${steps(HOST_IN)}`,
  ...Object.fromEntries([...positions(HOST_IN), ...positions(GUEST_STATIONS), ...positions(HOST_OUT, LEFT_GUEST)]),
  end_to_end_ns: `CASE WHEN ${firstName(FIRST)} IS NOT NULL AND ${END_TO_END} >= 0 THEN ${END_TO_END} END`,
};
const END_TO_END_FIELD = { name: 'end_to_end_ns', type: 'BIGINT' };
const TIMES = new Set(['at_ms', 'class', ...USUAL_NAMES, ...OTHER_NAMES]);

/** In the order in which they must be made. */
export function definitionsOfStore(): string[] {
  return [...(Object.keys(TABLES) as TableName[]).map(tableDefinition), timesView(), pathsView()];
}

/** What can be told without the tables that rows refer to: for questions about very many paths. */
function timesView(): string {
  const fields = [...PATH_FIELDS.filter(({ name }) => TIMES.has(name)), END_TO_END_FIELD];
  const columns = fields.map(({ name, type }) => `(${READ[name] ?? name})::${type} AS ${name}`);
  return `CREATE VIEW path_times AS
    SELECT number, names.name AS run, kind, connection, low_seq, ${columns.join(', ')}
    FROM (${allRows()}) AS rows JOIN names ON names.id = rows.run`;
}

/** Every field by its name, as the paths had it. */
function pathsView(): string {
  const columns = [...PATH_FIELDS, END_TO_END_FIELD].map(({ name, type }) =>
    TIMES.has(name) || name === END_TO_END_FIELD.name ? name : `(${READ[name] ?? name})::${type} AS ${name}`,
  );
  return `CREATE VIEW paths AS
    SELECT number, path_times.run, ${columns.join(', ')}
    FROM path_times
    JOIN connections ON connections.id = path_times.connection
    JOIN kinds ON kinds.id = path_times.kind
    JOIN names AS vm_names ON vm_names.id = kinds.vm
    JOIN heads ON heads.id = kinds.head`;
}
