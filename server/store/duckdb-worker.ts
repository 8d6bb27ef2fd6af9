/** The thread that has the database: answers one question after the other, reads beside writes. */
import { parentPort, workerData } from 'node:worker_threads';
import { type OpenFile, openFile } from './duckdb-file.ts';
import type { Answer, CallName, Calls, FoundRows, Opening, Question, WorkerOptions } from './duckdb-messages.ts';
import { nextNumber, readKeys, readPage, readPath, readPaths, readRuns } from './duckdb-reads.ts';
import { forgetRun, writeBatch } from './duckdb-writes.ts';
import { StoreError } from './store-error.ts';

const { folder, version } = workerData as WorkerOptions;
const port = parentPort!;
/** Null between a failure and the next try. */
let file: OpenFile | null = null;
/** Writes and reads wait each for their own kind. */
const last: Record<'read' | 'write', Promise<unknown>> = { read: Promise.resolve(), write: Promise.resolve() };

type Work = { [K in CallName]: (ask: Calls[K]['ask']) => Promise<Calls[K]['answer']> };
const WORK: Work = {
  write: (batch) => changed(({ writer, paths }) => writeBatch(writer, paths, batch)),
  forget: (run) => changed(({ writer, paths }) => forgetRun(writer, paths, run)),
  paths: (query) => readPaths(reader(), query),
  path: (ask) => readPath(reader(), ask),
  page: (ask) => readPage(reader(), ask),
  keys: (limit) => readKeys(reader(), limit),
  runs: (limit) => readRuns(reader(), limit),
  close: async () => {
    await last.read;
    file?.close();
    return null;
  },
};
const WRITES = new Set<CallName>(['write', 'forget', 'close']);

function reader(): OpenFile['reader'] {
  if (file === null) throw new Error('the database could not be opened again yet');
  return file.reader;
}

async function changed(work: (open: OpenFile) => Promise<void>): Promise<null> {
  if (file === null) await reopen();
  try {
    await work(file!);
  } catch (error) {
    // A checkpoint that found the disk full leaves a database that answers nothing until it is opened again.
    if (/invalidated|FATAL/.test((error as Error).message)) await reopen();
    throw error;
  }
  return null;
}

/** Once the reads under way are answered; those that come meanwhile wait. */
async function reopen(): Promise<void> {
  const opening = last.read.then(async () => {
    file?.close();
    file = null;
    file = await openFile(folder, version);
  });
  last.read = opening.catch(() => undefined);
  await opening;
}

function answer({ id, call, ask }: Question): void {
  const kind = WRITES.has(call) ? 'write' : 'read';
  last[kind] = last[kind].then(async () => {
    try {
      const found = await WORK[call](ask as never);
      port.postMessage({ id, ok: true, answer: found } satisfies Answer, transferOf(found));
    } catch (error) {
      const [message] = (error as Error).message.split('\n') as [string];
      port.postMessage({ id, ok: false, message } satisfies Answer);
    }
  });
}

function transferOf(found: unknown): ArrayBuffer[] {
  const { columns, numbers } = (found ?? {}) as Partial<FoundRows>;
  const arrays = columns === undefined ? [] : [...Object.values(columns), numbers];
  return arrays.filter(ArrayBuffer.isView).map((array) => array.buffer as ArrayBuffer);
}

try {
  file = await openFile(folder, version);
  port.postMessage({ ok: true, next: await nextNumber(file.reader) } satisfies Opening);
  port.on('message', answer);
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  port.postMessage({ ok: false, message: error.message } satisfies Opening);
}
