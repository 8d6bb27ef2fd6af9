/** Compares two recordings beside the server: minutes of requests take longer than a live stream may wait. */
import { parentPort, workerData } from 'node:worker_threads';
import { compareRuns, SHIFTED } from './compare/comparison.ts';
import { curvesOf, PROBABILITIES } from './compare/curves.ts';
import { loadRecording } from './recordings.ts';
import type { CompareView } from './wire/compare-views.ts';

export interface CompareWork {
  files: [a: string, b: string];
  seed: number;
  force: boolean;
}

const { files, seed, force } = workerData as CompareWork;
const [a, b] = await Promise.all(files.map(loadRecording));
const view: CompareView = {
  comparison: compareRuns(a!, b!, { seed, force }),
  probabilities: [...PROBABILITIES],
  curves: curvesOf(a!.times, b!.times, SHIFTED),
};
parentPort!.postMessage(view);
