/** What is in view, in words. */
import { formatAge } from './format.ts';
import { range } from './state.ts';
import { stretchText } from './stretch-text.ts';
import { fixed, type WindowMinutes, windowMinutes } from './view-range.ts';
import { lengthOf } from './zoom.ts';

export function windowText(minutes: WindowMinutes): string {
  return minutes < 60 ? `${minutes}\u00a0min` : `${minutes / 60}\u00a0h`;
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
