/** Compares two runs beside the server, on a thread of its own: a million requests take longer than a live stream may wait. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ComparedRun, compareRuns, SHIFTED } from './compare/comparison.ts';
import { curvesOf, PROBABILITIES } from './compare/curves.ts';
import type { CompareView } from './wire/compare-views.ts';

export interface CompareWork {
  a: ComparedRun;
  b: ComparedRun;
  seed: number;
  force: boolean;
}

const { a, b, seed, force } = workerData as CompareWork;
const comparison = compareRuns(a, b, { seed, force });
const curves = curvesOf(a.times, b.times, SHIFTED);
parentPort!.postMessage({ comparison, probabilities: [...PROBABILITIES], curves } satisfies CompareView);
