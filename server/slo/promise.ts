/** An objective as a sentence. */
import { minutesText } from './duration.ts';
import type { Indicator, Operator, Threshold } from './indicator.ts';
import type { Objective } from './objective.ts';
import type { Selector } from './selector.ts';

const WITHIN: Record<Operator, string> = { lte: 'at most', lt: 'less than', gte: 'at least', gt: 'more than' };

export function promiseOf({ indicator, target, slice, window: { length, calendar } }: Objective): string {
  const over = `${calendar === null ? 'any' : 'each calendar'} ${length.count}${length.unit}`;
  const what = `of ${meantWords(indicator.total)} ${goodWords(indicator)}`;
  const share = percent(target);
  if (slice === null) return `${share} ${what}, over ${over}`;
  const slices = `slices of ${minutesText(slice.minutes)}`;
  if (slice.target === null) return `on average ${share} ${what} in ${slices}, over ${over}`;
  return `in ${share} of the ${slices} at least ${percent(slice.target)} ${what}, over ${over}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(10))} %`;
}

function goodWords({ numerator, threshold }: Indicator): string {
  const all = [
    ...(numerator === undefined ? [] : [selectorWords(numerator.selector)]),
    ...(threshold === undefined ? [] : [timeWords(threshold)]),
  ];
  return `${numerator?.isBad ? 'do not have' : 'have'} ${all.join(' and ')}`;
}

function timeWords({ time, op, ns }: Threshold): string {
  return `${/^[aeiou]/.test(time) ? 'an' : 'a'} ${time} time of ${WITHIN[op]} ${durationWords(ns)}`;
}

function durationWords(ns: number): string {
  if (ns >= 1e9) return `${ns / 1e9} s`;
  return ns >= 1e6 ? `${ns / 1e6} ms` : `${ns / 1e3} µs`;
}

function meantWords(total: Selector): string {
  const words = selectorWords(total);
  return words === '' ? 'all requests' : `requests with ${words}`;
}

function selectorWords(selector: Selector): string {
  return Object.entries(selector)
    .filter(([, values]) => values !== undefined)
    .map(([name, values]) => `${name} ${(values as readonly (string | number)[]).join(' or ')}`)
    .join(', ');
}
