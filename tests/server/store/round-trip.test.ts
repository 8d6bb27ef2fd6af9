import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CLOCK_METHODS } from '../../../server/join/clock-method.ts';
import { deriveLayers } from '../../../server/join/layers.ts';
import { KEY_BYTES, type PathColumns, pathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { Counting } from '../../../server/slo/minute-counts.ts';
import { openFile } from '../../../server/store/duckdb-file.ts';
import { readPage } from '../../../server/store/duckdb-reads.ts';
import { writeBatch } from '../../../server/store/duckdb-writes.ts';
import { PATH_FIELDS } from '../../../server/store/path-fields.ts';
import { DERIVED_FIELDS, definitions, type Field, PathAppender } from '../../../server/store/path-table.ts';
import { addRows, type StoredRows, storedRows } from '../../../server/store/stored-rows.ts';
import { addressBytes } from '../../../server/wire/address.ts';
import { CLASSES, HEAD_BYTES, PROTOCOLS } from '../../../server/wire/record.ts';

const VMS = ['web1', 'web2'];
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-round-'));
  folders.push(folder);
  return folder;
}

const small = fc.integer({ min: 0, max: 50_000 });
/** Also what fits 32 bits just so, and what does not; never so long that doubles are not exact. */
const step = fc.oneof(
  { weight: 20, arbitrary: small },
  fc.constantFrom(-1, 0, 2 ** 31 - 3, 2 ** 31 - 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32, -(2 ** 31), -(2 ** 31) - 1, 2 ** 44),
);
const maybe = (ns: fc.Arbitrary<number>) => fc.option(ns, { nil: Number.NaN, freq: 6 });
const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0x10000, 0xffffffff), fc.nat(0xffff));
const address = fc.constantFrom('10.9.0.2', '2001:db8::7', '::', '255.255.255.255');

const path = fc.record({
  steps: fc.array(maybe(step), { minLength: STATION_COUNT, maxLength: STATION_COUNT }),
  lengths: fc.oneof(fc.constant(null), fc.array(maybe(step), { minLength: STATION_COUNT, maxLength: STATION_COUNT })),
  guestOffset: maybe(fc.constantFrom(0, -4e15, 123_456_789)),
  atMs: fc.oneof(
    fc.constantFrom(0, 70, 0.1, 1_795_000_000_000.25),
    fc.nat(2 ** 40).map((n) => 1.795e12 + n / 4096),
  ),
  times: fc.array(maybe(step), { minLength: 5, maxLength: 5 }),
  bound: maybe(fc.constantFrom(0, 1234.5, 250_000)),
  words: fc.array(word, { minLength: 8, maxLength: 8 }),
  bytes: fc.array(fc.nat(255), { minLength: 2, maxLength: 2 }),
  status: fc.constantFrom(0, 200, 404, 65_535),
  class: fc.nat(CLASSES.length - 1),
  protocol: fc.nat(PROTOCOLS.length - 1),
  clock: fc.nat(CLOCK_METHODS.length - 1),
  addresses: fc.tuple(address, address),
  ports: fc.tuple(fc.nat(65_535), fc.nat(65_535)),
  head: fc.constantFrom('GET /', 'POST /a?b=c d', 'GET /ÿé', `GET /${'x'.repeat(HEAD_BYTES - 5)}`, ''),
  vm: fc.nat(1),
});
type Path = typeof path extends fc.Arbitrary<infer T> ? T : never;

const WORDS = [
  'tap',
  'vnic',
  'requestSeq',
  'requestBytes',
  'responseBytes',
  'flags',
  'retransmitsIn',
  'retransmitsOut',
];

function columnsOf(paths: readonly Path[]): PathColumns {
  const columns = pathColumns(paths.length);
  columns.count = paths.length;
  paths.forEach((path, row) => {
    stamp(columns, row, path);
    columns.atMs[row] = path.atMs;
    const times = [columns.clientRtt, columns.acked, columns.connect, columns.runDelay, columns.upstream];
    times.forEach((column, i) => {
      column[row] = path.times[i]!;
    });
    WORDS.forEach((name, i) => {
      (columns[name as keyof PathColumns] as Uint32Array)[row] = path.words[i]!;
    });
    columns.bound[row] = path.bound;
    [columns.zeroWindows[row], columns.synRetries[row]] = path.bytes as [number, number];
    columns.status[row] = path.status;
    columns.class[row] = path.class;
    columns.protocol[row] = path.protocol;
    columns.clockMethod[row] = path.clock;
    columns.vm[row] = path.vm;
    const key = row * KEY_BYTES;
    path.addresses.forEach((text, i) => {
      columns.keys.set(addressBytes(text)!, key + i * 16);
    });
    new Uint16Array(columns.keys.buffer).set(path.ports, (key + 32) / 2);
    const head = Buffer.from(path.head, 'latin1');
    columns.heads.set(head, row * HEAD_BYTES);
    columns.headLength[row] = head.length;
  });
  deriveLayers(columns, 0, columns.count);
  return columns;
}

/** Each vantage on a clock of its own. */
function stamp({ first, last, guestOffset }: PathColumns, row: number, { steps, lengths, guestOffset: offset }: Path) {
  let host = 7e12;
  let guest = 3e12;
  for (let slot = 0; slot < STATION_COUNT; slot++) {
    const ns = steps[slot]!;
    const isGuest = slot >= 3 && slot <= 9;
    if (!Number.isNaN(ns) && isGuest) guest += ns;
    if (!Number.isNaN(ns) && !isGuest) host += ns;
    const at = row * STATION_COUNT + slot;
    first[at] = Number.isNaN(ns) ? Number.NaN : isGuest ? guest : host;
    last[at] = first[at]! + (lengths === null ? 0 : lengths[slot]!);
  }
  guestOffset[row] = offset;
}

function batchOf(rows: StoredRows) {
  const next = (rows.numbers[rows.columns.count - 1] ?? -1) + 1;
  return {
    id: 1,
    next,
    before: storedRows(0),
    rows,
    vmNames: VMS,
    replaced: [],
    redoFrom: null,
    runs: [],
    minutes: [],
    leftOut: new Set<string>(),
  };
}

/** All that is kept of a row, by name. */
function fieldsOf(columns: PathColumns, vmNames: readonly string[]) {
  const fields: readonly Pick<Field, 'name' | 'read'>[] = [...PATH_FIELDS, ...DERIVED_FIELDS];
  return Array.from({ length: columns.count }, (_, row) =>
    Object.fromEntries(fields.map(({ name, read }) => [name, read(columns, row, vmNames)])),
  );
}

describe('a path in the file', () => {
  it('comes back with every value as it was, whatever is missing and however long it took', async () => {
    const file = await openFile(newFolder(), 'test');
    let number = 0;
    const give = async (paths: readonly Path[]) => {
      const columns = columnsOf(paths);
      const rows = storedRows(paths.length);
      const from = number;
      number += paths.length;
      addRows(rows, 'a', from, columns, 0, paths.length);
      await writeBatch(file.writer, file.paths, batchOf(rows), { budget: null, counting: new Counting([]) });
      const found = await readPage(file.reader, { run: 'a', from, limit: paths.length });
      expect([...found.numbers]).toEqual(paths.map((_, i) => from + i));
      expect(fieldsOf(found.columns, found.vmNames)).toEqual(fieldsOf(columns, VMS));
      // What the slowest are found by is told by the database, not derived from what it gives back.
      const times = 'SELECT end_to_end_ns::DOUBLE FROM path_times WHERE number >= $1::BIGINT ORDER BY number';
      const told = (await file.reader.runAndReadAll(times, [from])).getColumnsJS()[0];
      expect(told).toEqual(Array.from(columns.endToEnd, (ns) => (Number.isNaN(ns) ? null : ns)));
    };
    await fc.assert(fc.asyncProperty(fc.array(path, { minLength: 1, maxLength: 200, size: 'max' }), give), {
      numRuns: 12,
    });
    file.close();
  }, 120_000);

  it('is there after a transaction that was rolled back brought its connection first', async () => {
    const file = await openFile(newFolder(), 'test');
    const rows = storedRows(3);
    const columns = columnsOf(fc.sample(path, { seed: 7, numRuns: 3 }));
    addRows(rows, 'a', 0, columns, 0, 3);
    const broken = { ...batchOf(rows), runs: [{ id: 'a', name: 'a', startedMs: 0, endedMs: 0, summary: 1n }] };
    await expect(
      writeBatch(file.writer, file.paths, broken, { budget: null, counting: new Counting([]) }),
    ).rejects.toThrow(/BigInt/);
    await writeBatch(file.writer, file.paths, batchOf(rows), { budget: null, counting: new Counting([]) });
    const found = await readPage(file.reader, { run: 'a', from: 0, limit: 9 });
    expect(fieldsOf(found.columns, found.vmNames)).toEqual(fieldsOf(columns, VMS));
    file.close();
  });
});

describe('a file of the first format', () => {
  it('is read: its paths are there, under their numbers, and new ones go on', async () => {
    const folder = newFolder();
    const columns = columnsOf(fc.sample(path, { seed: 11, numRuns: 5000 }));
    await writeFirst(folder, columns);
    for (const opened of ['first', 'again']) {
      const file = await openFile(folder, opened);
      const found = await readPage(file.reader, { run: 'run.1', from: 0, limit: 9999 });
      expect([...found.numbers]).toEqual(Array.from({ length: 4000 }, (_, i) => 1000 + i));
      const expected = fieldsOf(columns, VMS).slice(1000);
      expect(fieldsOf(found.columns, found.vmNames)).toEqual(expected);
      const schema = await file.reader.runAndReadAll('SELECT schema, version FROM hopscope');
      expect(schema.getRowsJS()).toEqual([[2, 'first']]);
      file.close();
    }
  }, 60_000);
});

/** As it was written then: numbers 0 to 999 are of another run. */
async function writeFirst(folder: string, columns: PathColumns): Promise<void> {
  const fields: Field[] = [
    { name: 'number', type: 'BIGINT', read: (_, row) => row },
    { name: 'run', type: 'VARCHAR', read: (_, row) => (row < 1000 ? 'run.0' : 'run.1') },
    ...PATH_FIELDS,
    DERIVED_FIELDS.find(({ name }) => name === 'end_to_end_ns')!,
  ];
  const instance = await DuckDBInstance.create(join(folder, 'hopscope.duckdb'));
  const connection = await instance.connect();
  await connection.run('CREATE TABLE hopscope (schema INTEGER, version VARCHAR)');
  await connection.run("INSERT INTO hopscope VALUES (1, '0.1.0')");
  await connection.run(`CREATE TABLE paths (${definitions(fields)})`);
  await connection.run(
    'CREATE TABLE runs (id VARCHAR, name VARCHAR, started_ms DOUBLE, ended_ms DOUBLE, summary VARCHAR)',
  );
  await new PathAppender(connection, 'paths', fields).append(columns, 0, columns.count, VMS);
  connection.closeSync();
  instance.closeSync();
}
