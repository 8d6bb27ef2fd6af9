/** Recordings as if they happened now: the same pages, API and live stream, without an agent. */
import { setTimeout as delay } from 'node:timers/promises';
import type { PathColumns } from './join/paths.ts';
import { loadsByVm } from './load-total.ts';
import { type Pipeline, TICK_MS } from './pipeline.ts';
import { aboutRecording, type RecordingAbout } from './recordings.ts';
import type { Run } from './run.ts';
import { pathsOf } from './store/recording.ts';
import { summarise } from './summary.ts';

/** Nothing happened between two blocks of an experiment: nobody waits for that longer than this. */
const LONGEST_PAUSE_MS = 1_000;

/** Times on the replay's own axis: ms since its first request, pauses cut, at the given speed. */
class Axis {
  readonly #speed: number;
  #lastMs: number | null = null;
  #elapsedMs = 0;

  constructor(speed: number) {
    this.#speed = speed;
  }

  /** @param atMs as it was recorded, rising */
  place(atMs: number): number {
    const step = atMs - (this.#lastMs ?? atMs);
    this.#lastMs = atMs;
    this.#elapsedMs += Math.min(LONGEST_PAUSE_MS, Math.max(0, step)) / this.#speed;
    return this.#elapsedMs;
  }
}

export interface ReplayOptions {
  file: string;
  /** 1 is as fast as it was; Infinity all at once. */
  speed: number;
  signal: AbortSignal;
}

/** A recording as a run that is over, with its own times. Throws a RecordingError on a file that is none. */
export async function importRecording(pipeline: Pipeline, file: string): Promise<Run> {
  const { summary } = await aboutRecording(file);
  const run = pipeline.runs.adopt(summary, pipeline.now());
  pipeline.store.minutes.leaveOut(run.id);
  for await (const columns of pathsOf(file, (name) => pipeline.vmTable.named(name))) {
    pipeline.replay(run, columns, 0, columns.count);
  }
  run.frozen = summarise(run, pipeline);
  return run;
}

/** Opens a run and fills it; resolves with it when the last path is in, or at the signal. */
export async function replay(pipeline: Pipeline, { file, speed, signal }: ReplayOptions): Promise<Run> {
  const about = await aboutRecording(file);
  const run = openRun(pipeline, about);
  const startMs = pipeline.now();
  const axis = new Axis(speed);
  for await (const columns of pathsOf(file, (name) => pipeline.vmTable.named(name))) {
    for (let row = 0; row < columns.count; row++) columns.atMs[row] = startMs + axis.place(columns.atMs[row]!);
    await deliver(pipeline, run, columns, speed, signal);
    if (signal.aborted) break;
  }
  pipeline.runs.end(run, pipeline.now());
  run.frozen = summarise(run, pipeline);
  return run;
}

function openRun(pipeline: Pipeline, { summary }: RecordingAbout): Run {
  const run = pipeline.startRun(summary.run.name);
  run.recorded = summary;
  run.load = summary.load;
  for (const [vm, load] of loadsByVm(summary)) run.loadOf.set(vm, load);
  return run;
}

/** Each path when its time has come. */
async function deliver(pipeline: Pipeline, run: Run, columns: PathColumns, speed: number, signal: AbortSignal) {
  for (let from = 0; from < columns.count && !signal.aborted; ) {
    let to = from;
    while (to < columns.count && (speed === Infinity || columns.atMs[to]! <= pipeline.now())) to++;
    if (to > from) pipeline.replay(run, columns, from, to);
    from = to;
    if (from < columns.count) await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
}
