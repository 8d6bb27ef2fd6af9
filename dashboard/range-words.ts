/** What is in view, in words. */
import { formatAge, formatDate, formatTime } from './format.ts';
import { range } from './state.ts';
import { fixed, type WindowMinutes, windowMinutes } from './view-range.ts';
import { lengthOf, type Range } from './zoom.ts';

export function windowText(minutes: WindowMinutes): string {
  return minutes < 60 ? `${minutes}\u00a0min` : `${minutes / 60}\u00a0h`;
}

/** 14:03:10 to 14:05:20, with the days where there are several. */
export function stretchText({ fromS, toS }: Range): string {
  const [from, to] = [formatDate(fromS * 1000), formatDate(toS * 1000)];
  const isToday = from.slice(0, 10) === formatDate(Date.now()).slice(0, 10);
  if (from.slice(0, 10) !== to.slice(0, 10)) return `${from} to ${to}`;
  return isToday ? `${formatTime(fromS * 1000)} to ${formatTime(toS * 1000)}` : `${from} to ${formatTime(toS * 1000)}`;
}

/** Of the charts. */
export function chartWords(): string {
  return fixed.value === null ? `last ${windowText(windowMinutes.value)}` : stretchText(fixed.value);
}

/** Of the numbers beside them. */
export function recentWords(): string {
  return fixed.value === null ? 'the last 10 s' : stretchText(fixed.value);
}

/** What they are compared with. */
export function beforeWords(): string {
  if (fixed.value === null) return `the ${windowText(windowMinutes.value)} before`;
  return `the ${formatAge(lengthOf(range.value) * 1000)} before`;
}
