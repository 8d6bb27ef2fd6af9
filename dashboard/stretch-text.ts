/** A stretch of time, for people. Pure but for what day it is. */
import { formatAge, formatDate, formatTime } from './format.ts';
import { lengthOf, type Range } from './zoom.ts';

/** 14:03:10 to 14:05:20, with the days where there are several. */
export function stretchText({ fromS, toS }: Range): string {
  const [from, to] = [formatDate(fromS * 1000), formatDate(toS * 1000)];
  const isToday = from.slice(0, 10) === formatDate(Date.now()).slice(0, 10);
  if (from.slice(0, 10) !== to.slice(0, 10)) return `${from} to ${to}`;
  return isToday ? `${formatTime(fromS * 1000)} to ${formatTime(toS * 1000)}` : `${from} to ${formatTime(toS * 1000)}`;
}

/** With its length: 14:03:10 to 14:05:20, 2 min 10 s. */
export function stretchWithLength(range: Range): string {
  return `${stretchText(range)}, ${formatAge(lengthOf(range) * 1000)}`;
}
