/** Fills a store through its own writer: the requests of a shipped recording again and again, no repeat like the one before. */
import { join } from 'node:path';
import { seededRandom } from '../../server/compare/random.ts';
import { deriveLayers } from '../../server/join/layers.ts';
import { KEY_BYTES, type PathColumns, pathColumns, STATION_COUNT } from '../../server/join/paths.ts';
import { copyRows } from '../../server/join/rows.ts';
import { aboutRecording } from '../../server/recordings.ts';
import type { Indicator } from '../../server/slo/indicator.ts';
import { DuckDbStore } from '../../server/store/duckdb.ts';
import type { VmNames } from '../../server/store/duckdb-options.ts';
import { pathsOf } from '../../server/store/recording.ts';
import type { Summary } from '../../server/wire/views.ts';

const RECORDINGS = join(import.meta.dirname, '../../recordings');
/** Where the client's port is in a row's key, low byte first. */
const CLIENT_PORT_AT = 32;
/** Requests go over so many connections at once, which are new ones in each repeat. */
const CONNECTIONS = 64;

export interface FilledRun {
  id: string;
  /** A shipped recording's file name. */
  recording: string;
  paths: number;
  /** When it ends, ms since the epoch; by default it begins when its recording did. */
  endedMs?: number;
  /** A stretch of it in which every time of a request is so many times as long. */
  slow?: { fromMs: number; toMs: number; times: number };
}

/** @param indicators what is counted of every request. Resolves when the store is full and closed. */
export async function fillStore(
  folder: string,
  runs: readonly FilledRun[],
  indicators: readonly Indicator[] = [],
): Promise<void> {
  const names: string[] = [];
  const vms = { names, named: (name: string) => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1) };
  const store = await DuckDbStore.open({ folder, version: '0.0.0-bench', vms: () => vms });
  await store.minutes.countBy(indicators);
  for (const [n, run] of runs.entries()) {
    await fillRun(store, run, vms, seededRandom(n + 1));
    // As a server does now and then.
    await store.maintain(Date.now());
  }
  await store.close();
}

async function fillRun(store: DuckDbStore, run: FilledRun, vms: VmNames, random: () => number) {
  const { id, paths } = run;
  const file = join(RECORDINGS, run.recording);
  const rows = await rowsOf(file, vms);
  const [beganMs, lastMs] = [rows.atMs[0]!, rows.atMs[rows.count - 1]!];
  const spanMs = lastMs - beganMs + 1;
  const lastsMs = spanMs * (paths / rows.count);
  const endedMs = run.endedMs ?? beganMs + lastsMs;
  const startedMs = endedMs - lastsMs;
  const repeated = pathColumns(rows.count);
  for (let done = 0, repeat = 0; done < paths; done += rows.count, repeat++) {
    vary(rows, repeated, startedMs - beganMs + repeat * spanMs, random, run.slow);
    store.append(id, repeated, 0, Math.min(rows.count, paths - done));
    if (!(await store.commit())) throw new Error('the store takes no paths: is the disk full?');
  }
  const { summary } = await aboutRecording(file);
  store.saveRun({ id, name: id, startedMs, endedMs, summary: told(summary, id, startedMs, endedMs, paths) });
  await store.commit();
}

/** All of a recording. */
async function rowsOf(file: string, { named }: VmNames): Promise<PathColumns> {
  const chunks: PathColumns[] = [];
  for await (const chunk of pathsOf(file, named)) chunks.push(chunk);
  const all = pathColumns(chunks.reduce((sum, { count }) => sum + count, 0));
  for (const chunk of chunks) {
    copyRows(chunk, 0, all, all.count, chunk.count);
    all.count += chunk.count;
  }
  return all;
}

/** Later, over other connections, of other sizes, and all times of a request longer or shorter by up to a tenth. */
function vary(
  rows: PathColumns,
  copy: PathColumns,
  laterMs: number,
  random: () => number,
  slow: FilledRun['slow'] = { fromMs: 0, toMs: 0, times: 1 },
): void {
  copyRows(rows, 0, copy, 0, rows.count);
  copy.count = rows.count;
  const firstPort = 1024 + Math.floor(random() * 60_000);
  for (let row = 0; row < rows.count; row++) {
    copy.atMs[row]! += laterMs;
    const isSlow = copy.atMs[row]! >= slow.fromMs && copy.atMs[row]! < slow.toMs;
    const scale = (0.9 + random() / 5) * (isSlow ? slow.times : 1);
    for (let at = row * STATION_COUNT; at < (row + 1) * STATION_COUNT; at++) {
      copy.first[at] = Math.round(copy.first[at]! * scale);
      copy.last[at] = Math.round(copy.last[at]! * scale);
    }
    for (const times of [copy.guestOffset, copy.acked, copy.connect, copy.runDelay, copy.upstream]) {
      times[row] = Math.round(times[row]! * scale);
    }
    const port = firstPort + (row % CONNECTIONS);
    copy.keys[row * KEY_BYTES + CLIENT_PORT_AT] = port & 0xff;
    copy.keys[row * KEY_BYTES + CLIENT_PORT_AT + 1] = port >> 8;
    copy.requestSeq[row] = (row % CONNECTIONS) * 2 ** 24 + row * 100;
    copy.responseBytes[row]! += Math.floor(random() * 16);
  }
  deriveLayers(copy, 0, copy.count);
}

/** As a server would have kept it. */
function told(recorded: Summary, id: string, startedMs: number, endedMs: number, exchanges: number): Summary {
  const stretches = [{ fromMs: startedMs, toMs: endedMs }];
  return {
    ...recorded,
    load: null,
    run: { ...recorded.run, id, name: id, startedMs, endedMs, stretches, exchanges },
    exchanges: {
      sent: null,
      answered: null,
      host: exchanges,
      guest: exchanges,
      joined: exchanges,
      complete: exchanges,
    },
  };
}
