/**
 * Compares two recordings beside the server, in a process of its own: minutes
 * of requests take longer than a live stream may wait, and what breaks here
 * breaks alone.
 */
import { compareRuns, SHIFTED } from './compare/comparison.ts';
import { curvesOf, PROBABILITIES } from './compare/curves.ts';
import { loadRecording } from './recordings.ts';
import type { CompareView } from './wire/compare-views.ts';

export interface CompareWork {
  files: [a: string, b: string];
  seed: number;
  force: boolean;
}

/** How it tells its parent. */
export type CompareAnswer = { view: CompareView } | { failure: string };

async function answer({ files, seed, force }: CompareWork): Promise<CompareAnswer> {
  try {
    const [a, b] = await Promise.all(files.map(loadRecording));
    const comparison = compareRuns(a!, b!, { seed, force });
    const curves = curvesOf(a!.times, b!.times, SHIFTED);
    return { view: { comparison, probabilities: [...PROBABILITIES], curves } };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

process.once('message', async (work) => {
  process.send!(await answer(work as CompareWork), () => process.disconnect());
});
