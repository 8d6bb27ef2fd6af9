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

/** Where a station is on its vantage's timeline: `since` and all the steps up to it. */
function positions(stations: readonly Station[], since: string): string[] {
  return stations.map((station, i) => {
    const before = i === 0 ? since : position(stations[i - 1]!);
    return `${before} + coalesce(${firstName(station)}, 0) AS ${position(station)}`;
  });
}

const position = (station: Station): string => `at_${firstName(station)}`;

const GUEST_IN = stationIndex(GUEST_STATIONS[0]);
const HOST_AGAIN = stationIndex(GUEST_STATIONS.at(-1)!) + 1;
const HOST_IN = STATIONS.slice(0, GUEST_IN);
const HOST_OUT = STATIONS.slice(HOST_AGAIN);
const LEFT_HOST = position(HOST_IN.at(-1)!);
const CROSSED = `${LEFT_HOST} + ${CROSSING_NAME}`;

/** Each may use those before it. */
const POSITIONS = [
  ...positions(HOST_IN, '0'),
  ...positions(GUEST_STATIONS, '0'),
  ...positions(HOST_OUT, `coalesce(${CROSSED} + ${position(GUEST_STATIONS.at(-1)!)}, ${LEFT_HOST})`),
];

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
  [CROSSING_NAME]: CROSSED,
  ...Object.fromEntries(
    STATIONS.map((station) => [
      firstName(station),
      `CASE WHEN ${firstName(station)} IS NOT NULL THEN ${position(station)} END`,
    ]),
  ),
};

/** In the order in which they must be made. */
export function definitionsOfStore(): string[] {
  return [...(Object.keys(TABLES) as TableName[]).map(tableDefinition), viewDefinition()];
}

/** The view `paths`: every field by its name, as the paths had it. */
function viewDefinition(): string {
  const fields = [...PATH_FIELDS, { name: 'end_to_end_ns', type: 'BIGINT' }];
  const columns = fields.map(({ name, type }) => `(${READ[name] ?? name})::${type} AS ${name}`);
  return `CREATE VIEW paths AS
    SELECT number, run_names.name AS run, ${columns.join(', ')}
    FROM (SELECT *, ${POSITIONS.join(', ')} FROM (${allRows()})) AS rows
    JOIN names AS run_names ON run_names.id = rows.run
    JOIN connections ON connections.id = rows.connection
    JOIN kinds ON kinds.id = rows.kind
    JOIN names AS vm_names ON vm_names.id = kinds.vm
    JOIN heads ON heads.id = kinds.head`;
}
