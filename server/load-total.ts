/** Reports of several generators, each of which asked one VM, as one. */
import type { LoadSummary, Summary } from './wire/views.ts';

/**
 * Counts and rates add up. Quantiles of parts do not give those of the whole: they
 * are null, but for the latest request of all.
 * @param loads at least one
 */
export function loadTotal(loads: readonly LoadSummary[]): LoadSummary {
  const [first] = loads as [LoadSummary];
  if (loads.length === 1) return first;
  const sum = (of: (load: LoadSummary) => number) => loads.reduce((total, load) => total + of(load), 0);
  const latest = loads.map(({ lateness }) => lateness.max).filter((max) => max !== null);
  return {
    rate: sum(({ rate }) => rate),
    durationS: Math.max(...loads.map(({ durationS }) => durationS)),
    connections: sum(({ connections }) => connections),
    path: [...new Set(loads.map(({ path }) => path))].join(' '),
    sent: sum(({ sent }) => sent),
    answered: sum(({ answered }) => answered),
    errors: sum(({ errors }) => errors),
    ...{ p50: null, p90: null, p99: null, p999: null },
    fromSend: { p50: null, p99: null },
    lateness: { p50: null, p99: null, max: latest.length === 0 ? null : Math.max(...latest) },
  };
}

/** What a kept summary says that its VMs' generators reported. */
export function loadsByVm({ byVm }: Summary): Map<string, LoadSummary> {
  return new Map(Object.entries(byVm).flatMap(([vm, { load }]) => (load === null ? [] : [[vm, load] as const])));
}
