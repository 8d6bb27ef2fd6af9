/** One exchange against the run that it is of: which layer took longer than it usually does. Pure. */
import { LAYERS, type LayerId, type SumLayer } from '../server/wire/stations.ts';
import type { PathView, Quantiles, Summary } from '../server/wire/views.ts';
import { formatBound, formatDuration, formatShift, join, share } from './format.ts';

export interface Against {
  layer: SumLayer;
  /** Median of the run; null where it is not known. */
  medianNs: number | null;
  /** How much longer it took here; negative where it was faster. */
  moreNs: number | null;
  /** Of what all layers that took longer took more, 0..1; null of those that did not. */
  shareOfMore: number | null;
  boundNs: number | null;
}

export function medianOf({ layers }: Summary, layer: LayerId): number | null {
  return layers.find((l) => l.layer === layer)?.p50 ?? null;
}

/** Every layer of the sum, in the order of the path. */
export function againstRun(path: PathView, summary: Summary): Against[] {
  const rows = LAYERS.map(({ layer, clock }) => {
    const ns = path.layers.find((l) => l.layer === layer)?.ns ?? null;
    const medianNs = medianOf(summary, layer);
    const moreNs = ns === null || medianNs === null ? null : ns - medianNs;
    return { layer, medianNs, moreNs, boundNs: clock === 'crosses' ? path.boundNs : 0 };
  });
  const longer = rows.reduce((sum, { moreNs }) => sum + Math.max(0, moreNs ?? 0), 0);
  return rows.map((row) => ({
    ...row,
    shareOfMore: row.moreNs === null || row.moreNs <= 0 || longer === 0 ? null : row.moreNs / longer,
  }));
}

/** The layer that took most longer; null where none did. */
export function culprit(rows: readonly Against[]): Against | null {
  const longest = rows.reduce<Against | null>((a, b) => ((b.moreNs ?? 0) > (a?.moreNs ?? 0) ? b : a), null);
  return longest?.shareOfMore === null ? null : longest;
}

/** What can be said in a sentence or two; empty where nothing can. */
export function whySentence(path: PathView, { endToEnd }: Summary, rows: readonly Against[]): string {
  if (path.class !== 'request' || path.endToEndNs === null || endToEnd.p50 === null) return '';
  const most = culprit(rows);
  const place = `${rankWords(path.endToEndNs, endToEnd)}, ${formatShift(path.endToEndNs - endToEnd.p50)} against the run’s median of ${formatDuration(endToEnd.p50)}.`;
  if (path.endToEndNs <= endToEnd.p50 || most === null) return place;
  const blame = `${most.layer} took ${formatDuration(most.moreNs)} more than it usually does: ${join(share(most.shareOfMore))} of all that took longer.`;
  const unsure = most.boundNs === null || most.moreNs! < most.boundNs;
  return unsure && most.boundNs !== 0
    ? `${place} ${blame} That is within its clock’s bound, ${formatBound(most.boundNs)}: vNIC in and out can only be told together.`
    : `${place} ${blame}`;
}

function rankWords(ns: number, { p50, p90, p99, p999 }: Quantiles): string {
  if (p999 !== null && ns > p999) return 'Slower than 999 of 1000 requests of the run';
  if (p99 !== null && ns > p99) return 'Slower than 99 of 100 requests of the run';
  if (p90 !== null && ns > p90) return 'Slower than 9 of 10 requests of the run';
  return ns > p50! ? 'Slower than half of the requests of the run' : 'Not slower than half of the requests of the run';
}
