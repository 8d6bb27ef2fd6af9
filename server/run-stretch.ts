/** Which requests of a run are meant: all of them, or those that began in a stretch of time, as `RUN@FROM-TO`. */
import type { PathFilter } from './store/path-filter.ts';
import type { Summary } from './wire/views.ts';

export type Within = NonNullable<PathFilter['within']>;

export interface RunStretch {
  /** Its id or its name. */
  run: string;
  /** Undefined: the whole run. */
  within: Within | undefined;
}

const STRETCH = /^(.+)@(\d{1,11}(?:\.\d{1,3})?)-(\d{1,11}(?:\.\d{1,3})?)$/;

/** @param text a run, or `RUN@FROM-TO` with seconds since the epoch @returns null where it ends before it begins */
export function parseRunStretch(text: string): RunStretch | null {
  const match = STRETCH.exec(text);
  if (match === null) return { run: text, within: undefined };
  const [run, fromMs, toMs] = [match[1]!, Math.round(Number(match[2]) * 1000), Math.round(Number(match[3]) * 1000)];
  return fromMs < toMs ? { run, within: { fromMs, toMs } } : null;
}

/** A run's summary as that of a stretch of it: what it was run with is the same, the requests are fewer. */
export function summaryOfStretch(summary: Summary, within: Within | undefined, requests: number): Summary {
  if (within === undefined) return summary;
  const { run, endToEnd, gaps } = summary;
  const [from, to] = [within.fromMs, within.toMs].map((ms) => new Date(ms).toISOString().slice(11, 19));
  const { fromMs, toMs } = within;
  return {
    ...summary,
    run: { ...run, name: `${run.name} ${from} to ${to}`, stretches: [within], startedMs: fromMs, endedMs: toMs },
    endToEnd: { ...endToEnd, count: requests },
    gaps: gaps.filter((gap) => gap.fromMs < toMs && (gap.toMs ?? toMs) > fromMs),
  };
}
