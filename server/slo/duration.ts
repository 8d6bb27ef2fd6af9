/** OpenSLO's short form of a length of time, `30m` or `1M`. */

export const UNITS = ['m', 'h', 'd', 'w', 'M', 'Q', 'Y'] as const;
export type Unit = (typeof UNITS)[number];

export interface Duration {
  readonly count: number;
  readonly unit: Unit;
}

const HOUR = 60;
const DAY = 24 * HOUR;
/** Of months, quarters and years where no calendar says how long they are. */
const MINUTES: Record<Unit, number> = { m: 1, h: HOUR, d: DAY, w: 7 * DAY, M: 30 * DAY, Q: 90 * DAY, Y: 365 * DAY };

/** @returns null where the text is no such form */
export function parseDuration(text: string): Duration | null {
  const match = /^([1-9]\d{0,5})([mhdwMQY])$/.exec(text);
  return match === null ? null : { count: Number(match[1]), unit: match[2] as Unit };
}

/** A month has 30 days here, a quarter 90, a year 365. */
export function minutesOf({ count, unit }: Duration): number {
  return count * MINUTES[unit];
}

/** `90` → `90m`, `1440` → `1d`: the largest unit that divides it. */
export function minutesText(minutes: number): string {
  const unit = (['w', 'd', 'h'] as const).find((one) => minutes % MINUTES[one] === 0) ?? 'm';
  return `${minutes / MINUTES[unit]}${unit}`;
}
