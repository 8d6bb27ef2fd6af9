/** The obvious way to answer from a store: scan it, make an object of each path, sort arrays of them. */

import { join } from 'node:path';
import { blocksFor } from '../../server/compare/block-bins.ts';
import { compareDigested } from '../../server/compare/comparison.ts';
import { curvesOf } from '../../server/compare/curves.ts';
import { digestOf, SHIFTED } from '../../server/compare/run-digest.ts';
import { aboutRecording } from '../../server/recordings.ts';
import { DuckDbStore } from '../../server/store/duckdb.ts';
import { TIME_NAMES, timesOf } from '../../server/store/run-times.ts';
import type { FilledRun } from './query-store.ts';

const QUANTILES = [0.5, 0.9, 0.99, 0.999];
const SLOWEST = 100;

export interface NaiveAnswers {
  quantilesMs: number;
  slowestMs: number;
  comparedMs: number;
}

type NaivePath = Record<string, number>;

/** How long each takes for all paths of its runs, from what it takes for `most` of them. */
export async function naiveAnswers(folder: string, runs: readonly FilledRun[], most: number): Promise<NaiveAnswers> {
  const names: string[] = [];
  const vms = { names, named: (name: string) => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1) };
  const store = await DuckDbStore.open({ folder, version: '0.0.0-bench', vms: () => vms });
  const [before, after, big] = runs as [FilledRun, FilledRun, FilledRun];
  const scaled = async (paths: number, work: () => Promise<unknown>) => {
    const startedMs = performance.now();
    await work();
    return ((performance.now() - startedMs) * paths) / Math.min(paths, most);
  };
  const quantilesMs = await scaled(big.paths, async () => quantilesOf(await objectsOf(store, big.id, most)));
  const slowestMs = await scaled(big.paths, async () => slowestOf(await objectsOf(store, big.id, most)));
  const comparedMs = await scaled(before.paths, () => compared(store, before, after, most));
  await store.close();
  return { quantilesMs, slowestMs, comparedMs };
}

async function objectsOf(store: DuckDbStore, run: string, most: number): Promise<NaivePath[]> {
  const all: NaivePath[] = [];
  for await (const page of store.scan(run)) {
    const { times } = await timesOf(one(page), TIME_NAMES);
    for (let row = 0; row < page.columns.count; row++) {
      all.push(Object.fromEntries([...times].map(([name, values]) => [name, values[row]!])));
    }
    if (all.length >= most) break;
  }
  return all;
}

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value;
}

function quantilesOf(paths: readonly NaivePath[]): number[][] {
  return TIME_NAMES.map((name) => {
    const sorted = paths
      .map((path) => path[name]!)
      .filter((ns) => !Number.isNaN(ns))
      .sort((a, b) => a - b);
    return QUANTILES.map((quantile) => sorted[Math.ceil(quantile * sorted.length) - 1]!);
  });
}

function slowestOf(paths: NaivePath[]): NaivePath[] {
  return paths.sort((a, b) => b['end to end']! - a['end to end']!).slice(0, SLOWEST);
}

async function compared(store: DuckDbStore, a: FilledRun, b: FilledRun, most: number) {
  const [runA, runB] = await Promise.all(
    [a, b].map(async ({ id, recording }) => {
      const paths = await objectsOf(store, id, most);
      const times = new Map(SHIFTED.map((name) => [name, Float64Array.from(paths, (path) => path[name]!)]));
      const { summary } = await aboutRecording(join(import.meta.dirname, '../../recordings', recording));
      const columns = { times, bounds: new Float64Array(paths.length) };
      return { summary, digest: digestOf(columns, blocksFor(paths.length)) };
    }),
  );
  const comparison = compareDigested(runA!, runB!, { seed: 1, force: true });
  return [comparison, curvesOf(runA!.digest.curves, runB!.digest.curves)];
}
