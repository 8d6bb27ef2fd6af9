/** Compares two runs beside the server, on a thread of its own: it takes longer than a live stream may wait. */
import { parentPort, workerData } from 'node:worker_threads';
import { compareDigested, type DigestedRun } from './compare/comparison.ts';
import { curvesOf, PROBABILITIES } from './compare/curves.ts';
import type { CompareView } from './wire/compare-views.ts';

export interface CompareWork {
  a: DigestedRun;
  b: DigestedRun;
  seed: number;
  force: boolean;
}

const { a, b, seed, force } = workerData as CompareWork;
const comparison = compareDigested(a, b, { seed, force });
const curves = curvesOf(a.digest.curves, b.digest.curves);
parentPort!.postMessage({ comparison, probabilities: [...PROBABILITIES], curves } satisfies CompareView);
