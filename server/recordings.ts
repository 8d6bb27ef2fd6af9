/** Runs as recordings: what a file says of its run, checked, and one made of a run that is kept here. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Pipeline } from './pipeline.ts';
import type { Run } from './run.ts';
import { summaryOfStretch, type Within } from './run-stretch.ts';
import { RecordingError, readAbout, readRecording, writeRecording } from './store/recording.ts';
import type { RunTimes } from './store/run-times.ts';
import { summarise } from './summary.ts';
import { summarySchema } from './summary-schema.ts';
import { VERSION } from './version.ts';
import type { Summary } from './wire/views.ts';

/** Grows when an older Hopscope could not read what a newer one wrote. */
export const RECORDING_FORMAT = 1;

const aboutSchema = z.object({ format: z.int(), hopscope: z.string(), summary: summarySchema });

export type RecordingAbout = z.output<typeof aboutSchema>;

/** A run in a file, ready to be compared. */
export interface RecordedRun extends RunTimes {
  file: string;
  /** Of `exchanges.joined` the file has `rows`: the oldest may not have been kept. */
  summary: Summary;
}

/** Throws a {@link RecordingError} on what is no recording, or one of a newer Hopscope. @param within only of requests that began in it */
export async function loadRecording(file: string, within?: Within): Promise<RecordedRun> {
  const { about, ...read } = await readRecording(file, within);
  const { summary } = checkedAbout(file, about);
  return { file, summary: summaryOfStretch(summary, within, read.bounds.length), ...read };
}

/** What a recording says of its run, without its paths. Throws as {@link loadRecording} does. */
export async function aboutRecording(file: string): Promise<RecordingAbout> {
  return checkedAbout(file, await readAbout(file));
}

function checkedAbout(file: string, about: unknown): RecordingAbout {
  const { format, hopscope } = z.looseObject({ format: z.int(), hopscope: z.string() }).safeParse(about).data ?? {};
  if (format !== undefined && format > RECORDING_FORMAT) {
    throw new RecordingError(
      `${file} was written by Hopscope ${hopscope}, which is newer than ${VERSION}: update this one.`,
    );
  }
  const parsed = aboutSchema.safeParse(about);
  if (!parsed.success) throw new RecordingError(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Hands the file of a run's recording to `use`; it is gone afterwards. */
export async function withRecording(pipeline: Pipeline, run: Run, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hopscope-export-'));
  try {
    const file = join(folder, 'run.parquet');
    const about = { format: RECORDING_FORMAT, hopscope: VERSION, summary: summarise(run, pipeline) };
    await writeRecording(file, about, pipeline.store.scan(run.id), pipeline.vmTable.names);
    await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
