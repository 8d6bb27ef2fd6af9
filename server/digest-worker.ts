/** Makes of all requests of a run what a comparison has to know of them, on a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { buffersIn, digestOf, type RunColumns } from './compare/run-digest.ts';

export interface DigestWork {
  columns: RunColumns;
  blocks: number;
}

const { columns, blocks } = workerData as DigestWork;
const digest = digestOf(columns, blocks);
parentPort!.postMessage(digest, buffersIn(digest));
