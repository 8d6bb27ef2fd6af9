/** The thread that has the database: answers one question after the other, reads beside writes. */
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { Counting } from '../slo/minute-counts.ts';
import { type OpenFile, openFile } from './duckdb-file.ts';
import type { Answer, CallName, Calls, FoundRows, Opening, Question, WorkerOptions } from './duckdb-messages.ts';
import { nextNumber, readKeys, readPage, readPath, readPaths } from './duckdb-reads.ts';
import { inTransaction } from './duckdb-transaction.ts';
import {
  checkpoint,
  forgetRun,
  keepQuantiles,
  listSome,
  noteToPrepare,
  pruneSome,
  rollUpSome,
  sweepRepeated,
  writeBatch,
} from './duckdb-writes.ts';
import { makeMissing } from './five-minutes.ts';
import { readMinutes, readSeriesNames } from './minute-tables.ts';
import { preparedQuantiles, prepareQuantiles } from './prepared-quantiles.ts';
import { RawBudget } from './raw-budget.ts';
import { readPruned, tooMuch } from './retention.ts';
import { readSampled, readSeries } from './roll-up-reads.ts';
import { readRuns } from './run-reads.ts';
import type { RunTimes } from './run-times.ts';
import { StoreError } from './store-error.ts';
import { countPaths, readQuantiles, readTimes } from './time-reads.ts';

const { folder, version, rawPerSecond } = workerData as WorkerOptions;
const budget = rawPerSecond === null ? null : new RawBudget(rawPerSecond);
const port = parentPort!;
let counting = new Counting([]);
/** Null between a failure and the next try. */
let file: OpenFile | null = null;
let hasClosed = false;
type Kind = 'read' | 'report' | 'write' | 'upkeep';
/** Each question waits for its own kind. */
const last: Record<Kind, Promise<unknown>> = {
  read: Promise.resolve(),
  report: Promise.resolve(),
  upkeep: Promise.resolve(),
  write: Promise.resolve(),
};

type Work = { [K in CallName]: (ask: Calls[K]['ask']) => Promise<Calls[K]['answer']> };
const WORK: Work = {
  write: (batch) => changed(({ writer, paths }) => writeBatch(writer, paths, batch, { budget, counting })),
  countBy: async (indicators) => {
    counting = new Counting(indicators);
    return null;
  },
  minuteSeries: () => readSeriesNames(reader()),
  minutes: (series) => readMinutes(reader(), series),
  forget: (run) => changed(({ writer, paths }) => forgetRun(writer, paths, run)),
  rollUp: () => changed(({ writer }) => rollUpSome(writer)),
  makeMissing: () => changed(({ writer }) => inTransaction(writer, () => makeMissing(writer))),
  listPart: (next) => changed(({ writer }) => listSome(writer, next)),
  nextToPrepare: () => changed(({ writer }) => noteToPrepare(writer)),
  prepare: (run) => prepareQuantiles(opened().upkeep, run, () => hasClosed),
  keepPrepared: (prepared) => changed(({ writer }) => keepQuantiles(writer, prepared)),
  prune: (ask) => changed(({ writer }) => pruneSome(writer, ask)),
  sweep: () => changed(({ writer, paths }) => sweepRepeated(writer, paths)),
  tooMuch: (bytes) => tooMuch(reader(), bytes),
  checkpoint: () => changed(({ writer }) => checkpoint(writer)),
  pruned: () => readPruned(reader()),
  sampled: () => readSampled(reader()),
  series: (query) => readSeries(reader(), query),
  paths: (query) => readPaths(reader(), query),
  path: (ask) => readPath(reader(), ask),
  page: (ask) => readPage(reader(), ask),
  count: ({ run, within }) => countPaths(reports(), run, within),
  times: ({ run, names, within }) => readTimes(reports(), run, names, within),
  quantiles: async ({ run, quantiles }) =>
    (await preparedQuantiles(reports(), run, quantiles)) ?? readQuantiles(reports(), run, quantiles),
  keys: (limit) => readKeys(reader(), limit),
  runs: (query) => readRuns(reader(), query),
  close: async () => {
    hasClosed = true;
    await Promise.all([last.read, last.report, last.upkeep]);
    file?.close();
    // Who asks now is told so: a closed connection must not be used.
    file = null;
    return null;
  },
};
const KIND: Partial<Record<CallName, Kind>> = {
  ...{
    write: 'write',
    countBy: 'write',
    forget: 'write',
    close: 'write',
    rollUp: 'write',
    makeMissing: 'write',
    listPart: 'write',
    prune: 'write',
  },
  ...{ nextToPrepare: 'write', keepPrepared: 'write', sweep: 'write', checkpoint: 'write', prepare: 'upkeep' },
  ...{ count: 'report', times: 'report', quantiles: 'report' },
};

function reader(): OpenFile['reader'] {
  return opened().reader;
}

function reports(): OpenFile['reports'] {
  return opened().reports;
}

function opened(): OpenFile {
  if (file === null) throw new Error(hasClosed ? 'the store is closed' : 'the database could not be opened again yet');
  return file;
}

async function changed<T>(work: (open: OpenFile) => Promise<T>): Promise<T> {
  if (hasClosed) throw new Error('the store is closed');
  if (file === null) await reopen();
  try {
    return await work(file!);
  } catch (error) {
    // A checkpoint that found the disk full leaves a database that answers nothing until it is opened again.
    if (/invalidated|FATAL/.test((error as Error).message)) await reopen();
    throw error;
  }
}

/** Once the reads under way are answered; those that come meanwhile wait. */
async function reopen(): Promise<void> {
  const opening = Promise.all([last.read, last.report, last.upkeep]).then(async () => {
    file?.close();
    file = null;
    file = await openFile(folder, version);
  });
  last.read = opening.catch(() => undefined);
  last.report = last.read;
  last.upkeep = last.read;
  await opening;
}

function answer({ id, call, ask }: Question): void {
  const kind = KIND[call] ?? 'read';
  last[kind] = last[kind].then(async () => {
    try {
      const found = await WORK[call](ask as never);
      port.postMessage({ id, ok: true, answer: found } satisfies Answer, transferOf(found));
      // The thread ends by itself then: one that is terminated may die amid the database's own work.
      if (call === 'close') port.close();
    } catch (error) {
      const [message] = (error as Error).message.split('\n') as [string];
      port.postMessage({ id, ok: false, message } satisfies Answer);
    }
  });
}

function transferOf(found: unknown): ArrayBuffer[] {
  const { columns, numbers, times, bounds } = (found ?? {}) as Partial<FoundRows & RunTimes>;
  const arrays = columns === undefined ? [] : [...Object.values(columns), numbers];
  if (times instanceof Map) arrays.push(...times.values(), bounds);
  return arrays.filter(ArrayBuffer.isView).map((array) => array.buffer as ArrayBuffer);
}

try {
  file = await openFile(folder, version);
  port.postMessage({ ok: true, next: await nextNumber(file.reader), logged: file.logged } satisfies Opening);
  port.on('message', answer);
  flushCompileCache();
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  port.postMessage({ ok: false, message: error.message } satisfies Opening);
}
