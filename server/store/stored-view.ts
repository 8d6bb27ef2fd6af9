/** The view `paths`, in which anyone reads the paths of a store's file as they were. */
import { CLOCK_METHODS } from '../join/clock-method.ts';
import { CLASSES, PROTOCOLS } from '../wire/record.ts';
import { GUEST_STATIONS, STATIONS, type Station, stationIndex } from '../wire/stations.ts';
import { unpacked } from './column-appender.ts';
import { CROSSING_NAME, firstName, PACKED_NAMES, TICKS_PER_MS } from './packed-rows.ts';
import { PATH_FIELDS } from './path-fields.ts';
import { OWN } from './stored-table.ts';

/** Rows of both tables, with null for what was not measured. */
function allRows(): string {
  const plain = [...Object.keys(OWN), 'ticks'].join(', ');
  const packed = PACKED_NAMES.map((name) => `(${unpacked(name)})::DOUBLE AS ${name}`).join(', ');
  return `SELECT ${plain}, ${packed} FROM packed_paths UNION ALL SELECT ${plain}, ${PACKED_NAMES.join(', ')} FROM long_paths`;
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

/** The view `paths`: every field by its name, as the paths had it. */
export function viewDefinition(): string {
  const fields = [...PATH_FIELDS, { name: 'end_to_end_ns', type: 'BIGINT' }];
  const columns = fields.map(({ name, type }) => `(${READ[name] ?? name})::${type} AS ${name}`);
  return `CREATE VIEW paths AS
    SELECT number, run_names.name AS run, ${columns.join(', ')}
    FROM (SELECT *, ${POSITIONS.join(', ')} FROM (${allRows()})) AS rows
    JOIN names AS run_names ON run_names.id = rows.run
    JOIN names AS vm_names ON vm_names.id = rows.vm
    JOIN connections ON connections.id = rows.connection
    JOIN kinds ON kinds.id = rows.kind
    JOIN heads ON heads.id = kinds.head`;
}
