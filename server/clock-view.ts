/** The clock as people see it. */
import type { Pipeline } from './pipeline.ts';
import type { ClockMethodView, ClockView } from './wire/clock-views.ts';

/** The clock of the pair heard from last; its offset is between the two machines' CLOCK_MONOTONIC. */
export function clockView({ clocks, clockEvents, exactPairing, sources }: Pipeline): ClockView {
  const all = { windows: clocks.windows, counts: { ...clockEvents.counts }, events: clockEvents.newest };
  const pair = clocks.latest;
  if (pair?.fit == null) {
    const nothing = { offsetNs: null, boundNs: null, ratePpm: null, checkedMs: null };
    return { method: 'none', ...nothing, ...all, alternatives: [] };
  }
  const { fit } = pair;
  const offsetNs = fit.offsetNs + Number(sources.baseOf(pair.host) - sources.baseOf(pair.guest));
  const boundNs = fit.boundOver(fit.toNs, fit.toNs);
  const used: ClockMethodView = { method: fit.method, offsetNs, boundNs, agrees: true, reason: '' };
  const exact = exactPairing.view(pair);
  const { method, ratePpm } = fit;
  return {
    method,
    offsetNs,
    boundNs,
    ratePpm,
    checkedMs: pair.checkedMs,
    ...all,
    alternatives: exact === null ? [used] : [used, exact],
  };
}
