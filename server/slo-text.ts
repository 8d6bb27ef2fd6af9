/** Objectives as lines for a terminal. */
import { minutesText } from './slo/duration.ts';
import type { SloAlert, SloResult, SloView } from './wire/slo-views.ts';

export function listLines({ results, unjudged, faults }: SloView): string[] {
  return [
    ...results.map(({ objective, promise }) => `${objective}: ${promise}`),
    ...unjudged.map(({ slo, why }) => `${slo}: not judged: ${why}`),
    ...faultLines(faults),
    ...(results.length + unjudged.length === 0 ? ['no objectives: hopscope server --objectives FILE'] : []),
  ];
}

export function checkLines(view: SloView): string[] {
  const none = ['no objectives: hopscope server --objectives FILE'];
  if (view.results.length === 0 && view.unjudged.length === 0) return none;
  return [
    ...view.results.flatMap(resultLines),
    ...view.unjudged.map(({ slo, why }) => `${slo}: not judged: ${why}`),
    ...faultLines(view.faults),
  ];
}

function resultLines(result: SloResult): string[] {
  const { objective, promise, state, counts, units, window, coverage } = result;
  const stretch = `${isoMinute(window.fromMs)} to ${isoMinute(window.toMs)}`;
  const sliced = units.of === 'slices' ? `, ${units.bad} of ${units.total} slices bad` : '';
  return [
    `${objective}: ${state}: ${promise}`,
    `  ${stretch}: ${counts.good} of ${counts.total} good${sliced}, ${percent(result.achieved)}; budget left ${percent(result.budgetLeft)}`,
    `  measured ${coverage.measured} of ${coverage.minutes} minutes; ${counts.unmeasured} requests without the time they are judged by`,
    ...result.excluded.map(({ what, which, requests }) => `  left out: ${requests} requests, ${what} (${which})`),
    ...result.alerts.filter(({ state: now }) => now !== 'inactive').map(alertLine),
  ];
}

function alertLine({ rule, severity, state, sinceMs, held, factor, long, short }: SloAlert): string {
  const burns = [long, ...(short === null ? [] : [short])].map(
    ({ minutes, burn }) => `${burn === null ? 'none' : burn.toFixed(1)} times in ${minutesText(minutes)}`,
  );
  const since = sinceMs === null ? '' : ` since ${isoSecond(sinceMs)}`;
  const why = held ? '; held, because minutes are missing' : '';
  return `  ${severity} ${rule} ${state}${since}: budget burns ${burns.join(', ')} (limit ${factor})${why}`;
}

function faultLines(faults: readonly string[]): string[] {
  return faults.map((fault) => `not in force: ${fault}`);
}

/** Without rounding a miss up to a hundred. */
function percent(share: number | null): string {
  return share === null ? 'no data' : `${Math.floor(share * 1e6) / 1e4} %`;
}

function isoMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}

function isoSecond(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
