/** Where a breach leads: to single requests, to its time on the live page, to a comparison, to its report. Pure. */
import { type EpisodeData, type EpisodeRow, type Part, STOLEN } from '../server/wire/episode-views.ts';
import type { SloStretch } from '../server/wire/slo-views.ts';
import type { SumLayer } from '../server/wire/stations.ts';

const WEEK_MS = 7 * 86_400_000;

/** The run that a request belongs to: the server writes it before the last dot. */
export function runOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('.')));
}

/** Most of them belong to it; null where there is none. */
export function mainRun(rows: readonly EpisodeRow[]): string | null {
  const counts = new Map<string, number>();
  for (const { id } of rows) counts.set(runOf(id), (counts.get(runOf(id)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

/** Layers whose times a part is made of. */
export function layersOf(part: Part): SumLayer[] {
  return part === 'vnic' ? ['vnic.in', 'vnic.out'] : [part];
}

/** One request in full. */
export function requestAddress(id: string, layer: SumLayer | '' = ''): string {
  const parameters = new URLSearchParams({ run: runOf(id) });
  if (layer !== '') parameters.set('layer', layer);
  parameters.set('id', id);
  return `/requests?${parameters}`;
}

/** The live page at that time. */
export function liveAddress(run: string, { fromMs, toMs }: { fromMs: number; toMs: number }): string {
  const [from, to] = secondsOf({ fromMs, toMs });
  return `/?${new URLSearchParams({ run, from, to })}`;
}

/** All requests of that time, to choose from. */
export function requestsAddress(run: string, { fromMs, toMs }: { fromMs: number; toMs: number }): string {
  const [from, to] = secondsOf({ fromMs, toMs });
  return `/requests?${new URLSearchParams({ run, from, to })}`;
}

/** What came before it beside the breach, each as the stretch of its run that most of its requests are of; null where one has none. */
export function compareWithBaseline({ bad, usual, window, baseline }: EpisodeData): string | null {
  const [during, before] = [mainRun(bad), mainRun(usual)];
  if (during === null || before === null) return null;
  const stretch = (run: string, { fromMs, toMs }: SloStretch) => `${run}@${fromMs / 1000}-${toMs / 1000}`;
  return `/compare?${new URLSearchParams({ a: stretch(before, baseline), b: stretch(during, window) })}`;
}

/** Of a breach that lasted longer its last week: the server reports on no more. */
export function reportAddress(objective: string, { fromMs, toMs }: { fromMs: number; toMs: number }): string {
  const [from, to] = secondsOf({ fromMs: Math.max(fromMs, toMs - WEEK_MS + 1_000), toMs });
  return `/api/slo/report?${new URLSearchParams({ from, to, objective })}`;
}

/** Of the downloaded report: its objective and when the breach began, UTC. */
export function reportName(objective: string, fromMs: number): string {
  const began = new Date(fromMs).toISOString().slice(0, 16).replaceAll(':', '');
  return `hopscope-${objective}-${began}Z.html`.replaceAll(/[^\w.-]+/g, '-');
}

function secondsOf({ fromMs, toMs }: { fromMs: number; toMs: number }): [string, string] {
  return [String(Math.floor(fromMs / 1000)), String(Math.ceil(toMs / 1000))];
}

/** The slowest of the bad ones, and as many of the usual ones, from the middle of them. */
export function exemplars(
  { slowest, bad, usual }: EpisodeData,
  most: number,
): { bad: EpisodeRow[]; usual: EpisodeRow[] } {
  const time = ({ endToEndNs }: EpisodeRow) => endToEndNs ?? 0;
  const all = new Map([...slowest.filter(({ good }) => !good), ...bad].map((row) => [row.id, row]));
  const worst = [...all.values()].toSorted((a, b) => time(b) - time(a));
  const ordinary = usual.filter(({ endToEndNs }) => endToEndNs !== null).toSorted((a, b) => time(a) - time(b));
  const from = Math.max(0, Math.floor((ordinary.length - most) / 2));
  return { bad: worst.slice(0, most), usual: ordinary.slice(from, from + most) };
}

/** Of these the one that spent most there: what to look at when a part is suspected. */
export function worstIn(rows: readonly EpisodeRow[], nsOf: (row: EpisodeRow) => number | null): EpisodeRow | null {
  return rows.reduce<EpisodeRow | null>(
    (most, row) => (most === null || (nsOf(row) ?? -1) > (nsOf(most) ?? -1) ? row : most),
    null,
  );
}

/** What a verdict names, where it names a part that requests have a time of. */
export function namedPart(part: Part | typeof STOLEN | null): Part | null {
  return part === STOLEN ? null : part;
}
