/**
 * Numbers for people. Every number leaves with its unit, and durations keep
 * three significant digits, so that a column of them reads as a column.
 */

/** What is shown where nothing was measured. */
export const MISSING = '–';

/** A number and its unit apart, so that a table can align both. */
export interface Quantity {
  text: string;
  unit: string;
}

const DURATION_UNITS = [
  { unit: 'ns', ns: 1 },
  { unit: 'µs', ns: 1e3 },
  { unit: 'ms', ns: 1e6 },
  { unit: 's', ns: 1e9 },
] as const;

/** Three significant digits, never an exponent; whole numbers from 100 up. */
function threeDigits(value: number): string {
  if (value === 0) return '0';
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(2, decimals));
}

/** The unit in which `ns` rounds to less than 1000; seconds have no upper end. */
function durationUnit(ns: number): (typeof DURATION_UNITS)[number] {
  // 999.5 of a unit would be written as 1000: the next unit takes it.
  return DURATION_UNITS.find((u) => Math.abs(ns) / u.ns < 999.5) ?? DURATION_UNITS[3];
}

/** Nanoseconds as number and unit: 212 µs, 3.40 ms; nanoseconds stay whole. */
export function duration(ns: number | null | undefined): Quantity {
  if (ns === null || ns === undefined || Number.isNaN(ns)) return { text: MISSING, unit: '' };
  const unit = durationUnit(ns);
  const text = unit.ns === 1 ? String(Math.round(ns) + 0) : threeDigits(ns / unit.ns);
  return { text: text.replace('-', '−'), unit: unit.unit };
}

export function formatDuration(ns: number | null | undefined): string {
  return join(duration(ns));
}

/** To the nanosecond, for whoever points at a rounded number: 1 234 567 ns; empty where there is none. */
export function exactDuration(ns: number | null | undefined): string {
  if (ns === null || ns === undefined || Number.isNaN(ns)) return '';
  return `${String(Math.round(ns) + 0)
    .replace('-', '−')
    .replace(/\B(?=(\d{3})+$)/g, '\u202f')}\u00a0ns`;
}

/** "1.5 ms", "300us", "2s"; a number alone is µs. @returns whole ns, or null where it is no duration */
export function parseDuration(text: string): number | null {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|s)?\s*$/.exec(text) ?? [];
  if (number === undefined) return null;
  const symbol = unit === undefined || unit === 'us' || unit === 'μs' ? 'µs' : unit;
  return Math.round(Number(number) * DURATION_UNITS.find((u) => u.unit === symbol)!.ns);
}

/** Number, no-break space, unit. */
export function join({ text, unit }: Quantity): string {
  return unit === '' ? text : `${text}\u00a0${unit}`;
}

/**
 * The value of a layer whose clock is known only to ± `boundNs`. Of a value
 * below its bound not even the sign of the truth is proven; what is proven is
 * that it is no more than value + bound, and so much is told.
 */
export function boundedDuration(ns: number | null | undefined, boundNs: number | null): Quantity {
  if (!isBelowBound(ns, boundNs)) return duration(ns);
  const most = duration(Math.abs(ns as number) + (boundNs as number));
  return { text: `≤\u00a0${most.text}`, unit: most.unit };
}

export function isBelowBound(ns: number | null | undefined, boundNs: number | null): boolean {
  return ns !== null && ns !== undefined && boundNs !== null && Math.abs(ns) < boundNs;
}

/** "± 38.0 µs"; empty where one clock tells both ends. */
export function formatBound(boundNs: number | null): string {
  if (boundNs === 0) return '';
  return boundNs === null ? '± unknown' : `±\u00a0${formatDuration(boundNs)}`;
}

/** What a number with a bound says, in a sentence; empty where one clock tells both ends. */
export function boundSentence(ns: number | null | undefined, boundNs: number | null): string {
  if (boundNs === 0 || ns === null || ns === undefined) return '';
  if (boundNs === null) return `measured ${formatDuration(ns)}; how exact the clock was is not known now`;
  const measured = `measured ${formatDuration(ns)} ${formatBound(boundNs)}`;
  if (!isBelowBound(ns, boundNs)) return measured;
  return `${measured}, less than its bound: the truth is anything up to ${formatDuration(Math.abs(ns) + boundNs)}`;
}

/** Axis labels share one unit, that of the axis' end, and carry no more digits than `stepNs` needs. */
export function axisDuration(ns: number, stepNs: number, endNs: number): string {
  if (ns === 0) return '0';
  const unit = durationUnit(endNs);
  const decimals = Math.max(0, -Math.floor(Math.log10(stepNs / unit.ns) + 1e-9));
  return `${(ns / unit.ns).toFixed(Math.min(3, decimals))}\u00a0${unit.unit}`;
}

/** A round number of an axis, as short as it can be said: 250 ns, 1.5 ms. */
export function formatTick(ns: number): string {
  if (ns === 0) return '0';
  const { unit, ns: size } = durationUnit(ns);
  return `${Number((ns / size).toPrecision(3))}\u00a0${unit}`.replace('-', '−');
}

/** A difference, told with its sign. */
export function formatShift(ns: number): string {
  return `${ns > 0 ? '+' : ''}${formatDuration(ns)}`;
}

/** Whole counts with narrow no-break spaces: 12 345; from ten million on 12.3 M. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined || Number.isNaN(count)) return MISSING;
  if (Math.abs(count) >= 1e10) return `${threeDigits(count / 1e9)}\u00a0G`;
  if (Math.abs(count) >= 1e7) return `${threeDigits(count / 1e6)}\u00a0M`;
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** A few of something, in words: 1 VM, 2 VMs. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** Per second, three significant digits. */
export function rate(perSecond: number | null | undefined): Quantity {
  if (perSecond === null || perSecond === undefined || Number.isNaN(perSecond)) return { text: MISSING, unit: '' };
  return { text: perSecond >= 1000 ? formatCount(perSecond) : threeDigits(perSecond), unit: 'req/s' };
}

/** A share 0..1 in percent with one decimal: 14.2 %. */
export function share(fraction: number | null | undefined): Quantity {
  if (fraction === null || fraction === undefined || Number.isNaN(fraction)) return { text: MISSING, unit: '' };
  // No "−0.0": what rounds to nothing has no sign.
  const tenths = Math.round(fraction * 1000) + 0;
  return { text: (tenths / 10).toFixed(1).replace('-', '−'), unit: '%' };
}

/** By how much something grew, as a share of what it was: +12 %, −3 %; from ten times on ×12. */
export function growth(fraction: number | null): Quantity {
  if (fraction === null) return { text: MISSING, unit: '' };
  if (fraction >= 9) return { text: `×${threeDigits(fraction + 1)}`, unit: '' };
  const percent = Math.round(fraction * 100) + 0;
  return { text: `${percent > 0 ? '+' : ''}${percent}`.replace('-', '−'), unit: '%' };
}

/** A stretch of time as people say it: 4 s, 2 min 5 s, 1 h 3 min. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min ${seconds % 60}\u00a0s`;
  return `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

/** Bytes with binary prefixes: 61.4 MiB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes}\u00a0B`;
  const step = bytes < 1024 ** 2 ? 1 : bytes < 1024 ** 3 ? 2 : 3;
  return `${threeDigits(bytes / 1024 ** step)}\u00a0${['B', 'KiB', 'MiB', 'GiB'][step]}`;
}

/** Wall-clock time in the viewer's zone, 24 hours: 14:03:21, with milliseconds on demand. */
export function formatTime(ms: number, withMilliseconds = false): string {
  const date = new Date(ms);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, '0'));
  const fraction = withMilliseconds ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : '';
  return parts.join(':') + fraction;
}

/** Day and time of the viewer's zone: 2026-11-23 14:03:21. */
export function formatDate(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, '0'));
  return `${day.join('-')} ${formatTime(ms)}`;
}
