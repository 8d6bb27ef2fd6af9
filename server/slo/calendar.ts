/** Calendar periods in a time zone: months have their own lengths, and days may have 23 or 25 hours. */
import { type Duration, minutesOf } from './duration.ts';

/** A wall clock's reading, of no zone yet. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

export interface Calendar {
  readonly start: LocalTime;
  /** Name in the IANA database. */
  readonly timeZone: string;
}

const MINUTE_MS = 60_000;
const MONTHS: Partial<Record<Duration['unit'], number>> = { M: 1, Q: 3, Y: 12 };
const DAYS: Partial<Record<Duration['unit'], number>> = { d: 1, w: 7 };

/** @returns null where it is not `2020-01-21 12:30:00` */
export function parseLocalTime(text: string): LocalTime | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(:\d\d)?$/.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute] = match.slice(1, 6).map(Number) as [number, number, number, number, number];
  const back = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const isReal = back.getUTCMonth() === month - 1 && back.getUTCDate() === day && back.getUTCHours() === hour;
  return isReal && minute < 60 ? { year, month, day, hour, minute } : null;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The period of the calendar that a moment is in, ms since the epoch, `toMs` the first after it.
 * Periods follow one another from the start, backwards too.
 */
export function periodAt(calendar: Calendar, length: Duration, atMs: number): { fromMs: number; toMs: number } {
  const startMs = utcOf(calendar.start, calendar.timeZone);
  let n = Math.floor((atMs - startMs) / (minutesOf(length) * MINUTE_MS));
  const beginning = (index: number) => nthStart(calendar, length, index, startMs);
  while (beginning(n) > atMs) n--;
  while (beginning(n + 1) <= atMs) n++;
  return { fromMs: beginning(n), toMs: beginning(n + 1) };
}

function nthStart({ start, timeZone }: Calendar, { count, unit }: Duration, n: number, startMs: number): number {
  const months = MONTHS[unit];
  if (months !== undefined) return utcOf(monthsLater(start, n * count * months), timeZone);
  const days = DAYS[unit];
  if (days !== undefined) return utcOf({ ...start, day: start.day + n * count * days }, timeZone);
  return startMs + n * minutesOf({ count, unit }) * MINUTE_MS;
}

/** The 31st of a month that has none is its last day. */
function monthsLater(start: LocalTime, months: number): LocalTime {
  const index = start.year * 12 + start.month - 1 + months;
  const [year, month] = [Math.floor(index / 12), (((index % 12) + 12) % 12) + 1];
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { ...start, year, month, day: Math.min(start.day, last) };
}

/** When a wall clock in the zone shows this; where it never does, or twice, a moment beside the change. */
function utcOf({ year, month, day, hour, minute }: LocalTime, timeZone: string): number {
  const asUtc = Date.UTC(year, month - 1, day, hour, minute);
  const guess = asUtc - offsetMs(asUtc, timeZone);
  return asUtc - offsetMs(guess, timeZone);
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's wall clock is ahead of UTC at that moment. */
function offsetMs(atMs: number, timeZone: string): number {
  const format = FORMATS.get(timeZone) ?? newFormat(timeZone);
  FORMATS.set(timeZone, format);
  const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  return (
    Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!) -
    Math.floor(atMs / MINUTE_MS) * MINUTE_MS
  );
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  const digits = '2-digit';
  return new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric' },
    ...{ month: digits, day: digits, hour: digits, minute: digits },
  });
}
