import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../server/compare/random.ts';
import { type OpenFile, openFile } from '../../../server/store/duckdb-file.ts';
import type { DiskQuery } from '../../../server/store/duckdb-messages.ts';
import { readPaths } from '../../../server/store/duckdb-reads.ts';
import { inTransaction } from '../../../server/store/duckdb-transaction.ts';
import { foundNumbers } from '../../../server/store/path-numbers.ts';
import { listPart, prunePartsTo, unlistParts } from '../../../server/store/slow-parts.ts';
import { addRows, storedRows } from '../../../server/store/stored-rows.ts';
import { CLASSES } from '../../../server/wire/record.ts';
import { somePaths } from './some-paths.ts';

/** So far apart that a few thousand paths are some parts. */
const APART = 1024;
const PATHS = 3000;
const END = PATHS * APART;
const VMS = ['vm0', 'vm1'];
let folder: string;
let file: OpenFile;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-slow-'));
  file = await openFile(folder, '0.0.0-test');
  await fill();
});
afterEach(() => {
  file.close();
  rmSync(folder, { recursive: true });
});

/** Of two runs, two VMs and all classes; many take as long as others, some have no time, some are too long for a whole number of 32 bits. */
async function fill(): Promise<void> {
  const random = seededRandom(11);
  const durations = Array.from({ length: PATHS }, () =>
    random() < 0.05 ? Number.NaN : Math.floor(random() * 400) * (random() < 0.02 ? 1e8 : 1),
  );
  const columns = somePaths(durations);
  const rows = storedRows(PATHS);
  for (let row = 0; row < PATHS; row++) {
    // About in the order of time, as joined requests come.
    columns.atMs[row] = row + Math.floor(random() * 40 * 4096) / 4096;
    columns.vm[row] = Math.floor(random() * VMS.length);
    columns.class[row] = random() < 0.9 ? 0 : Math.floor(random() * CLASSES.length);
    addRows(rows, random() < 0.5 ? 'a' : 'b', row * APART, columns, row, 1);
  }
  await file.paths.write(rows, VMS);
}

/** As many lists as can be. */
async function list(next = END): Promise<number> {
  let lists = 0;
  while (await inTransaction(file.writer, () => listPart(file.writer, next))) lists++;
  return lists;
}

const QUERIES: readonly DiskQuery[] = [
  { run: 'a', order: 'slowest', limit: 100 },
  { run: 'b', order: 'slowest', limit: 1 },
  { run: 'b', order: 'slowest', limit: 37, vm: 'vm1' },
  { run: 'a', order: 'slowest', limit: 100, class: 1 },
  { run: 'a', order: 'slowest', limit: 50, vm: 'vm0', class: 0 },
  { run: 'a', order: 'slowest', limit: 1000 },
  { run: 'nobody', order: 'slowest', limit: 9 },
  { run: 'a', order: 'slowest', limit: 60, within: { fromMs: 0, toMs: 2 * PATHS } },
  { run: 'a', order: 'slowest', limit: 60, class: 0, within: { fromMs: 300, toMs: 2_200 } },
  { run: 'b', order: 'slowest', limit: 60, at: 1, within: { fromMs: 1_023.5, toMs: 1_030 } },
];

type Row = [number: number, run: string, vm: string, exchangeClass: string, ns: number, atMs: number];

/** All that have a time, the slowest first. */
async function sorted(): Promise<Row[]> {
  const found = await file.reader.runAndReadAll(
    `SELECT number::DOUBLE, run, vm, class, end_to_end_ns::DOUBLE, at_ms FROM paths
    WHERE end_to_end_ns IS NOT NULL ORDER BY end_to_end_ns DESC, number`,
  );
  return found.getRowsJS() as Row[];
}

function wants({ run, vm, class: exchangeClass, within }: DiskQuery, [, ofRun, ofVm, ofClass, , atMs]: Row): boolean {
  const isOfClass = exchangeClass === undefined || ofClass === CLASSES[exchangeClass];
  if (within !== undefined && (atMs < within.fromMs || atMs >= within.toMs)) return false;
  return ofRun === run && (vm === undefined || ofVm === vm) && isOfClass;
}

/** Of every query what sorting all paths gives. */
async function expectObvious(): Promise<void> {
  const all = await sorted();
  for (const query of QUERIES) {
    const { numbers, columns } = await readPaths(file.reader, query);
    const found = Array.from(numbers, (number, row) => [number, columns.endToEnd[row]]);
    const wanted = all.filter((row) => wants(query, row)).slice(0, query.limit);
    expect(found, JSON.stringify(query)).toEqual(wanted.map(([number, , , , ns]) => [number, ns]));
  }
}

describe('lists of the slowest paths of each part', { timeout: 60_000 }, () => {
  it('give what sorting all paths gives, before there is any and when all parts have one', async () => {
    await expectObvious();
    expect(await list()).toBe(5);
    await expectObvious();
    const { listed, others } = await foundNumbers(file.reader, QUERIES[0]!);
    expect(listed.length).toBeGreaterThan(50);
    expect(others.length).toBeGreaterThan(5);
    const ofTime = await foundNumbers(file.reader, QUERIES.find(({ within }) => within?.fromMs === 300)!);
    expect(ofTime.listed.length).toBeGreaterThan(5);
    expect(ofTime.others.length).toBeGreaterThan(5);
  });

  it('are of parts that are complete only', async () => {
    expect(await list(2 ** 19 - 1)).toBe(0);
    expect(await list(2 ** 19)).toBe(1);
    await expectObvious();
  });

  it('give a path as the table of all paths has it, with every field', async () => {
    const before = await readPaths(file.reader, QUERIES[0]!);
    await list();
    expect(await readPaths(file.reader, QUERIES[0]!)).toEqual(before);
  });

  it('are made again where paths were changed', async () => {
    await list();
    const [slowest] = (await foundNumbers(file.reader, QUERIES[0]!)).listed as [number];
    await file.writer.run(`DELETE FROM usual_paths WHERE number = ${slowest}`);
    await file.writer.run(`DELETE FROM other_paths WHERE number = ${slowest}`);
    await file.writer.run(`DELETE FROM long_paths WHERE number = ${slowest}`);
    await unlistParts(file.writer, [slowest]);
    await expectObvious();
    expect(await list()).toBe(1);
    await expectObvious();
  });

  it('go with what was deleted, and are not made again of what is left of a part', async () => {
    await list();
    const upTo = 2 ** 20 + 5 * APART;
    for (const table of ['usual_paths', 'other_paths', 'long_paths']) {
      await file.writer.run(`DELETE FROM ${table} WHERE number <= ${upTo}`);
    }
    await prunePartsTo(file.writer, upTo);
    await expectObvious();
    expect(await list()).toBe(0);
    await prunePartsTo(file.writer, upTo + APART);
    expect(await list()).toBe(0);
    await expectObvious();
  });
});
