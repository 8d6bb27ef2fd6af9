/** What flags take, and what is wrong with it. */
import { InvalidArgumentError } from 'commander';
import { TRACE_WORDS } from './wire/settings.ts';

/** Repeatable flag: its values replace the default; an environment twin separates by commas. */
export function repeatable(defaults: string[]): (value: string, previous: string[]) => string[] {
  return (value, previous) => [...(previous === defaults ? [] : previous), ...value.split(',').map((v) => v.trim())];
}

export function positive(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('expected a number above 0, such as 7 or 0.5');
}

/** Infinity for all. */
export function budget(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  const perSecond = Number(/^budget:(\d{1,9})$/.exec(text)?.[1] ?? 0);
  if (perSecond > 0) return perSecond;
  throw new InvalidArgumentError('write all, or budget:N with the requests a second to keep, such as budget:200');
}

export function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** What is wrong with it, or null. */
export function traceUrlFault(url: string): string | null {
  const unknown = [...url.matchAll(/\{(\w+)\}/g)].find(([, word]) => !TRACE_WORDS.some((known) => known === word));
  if (unknown !== undefined) return `has ${unknown[0]}, which is none of {${TRACE_WORDS.join('}, {')}}.`;
  return /^https?:\/\//.test(url) ? null : 'is no address. Write http://… or https://….';
}
