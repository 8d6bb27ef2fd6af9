/** Stretches of time that are looked at, in whole seconds since the epoch, and moving about in them. Pure. */

export interface Range {
  fromS: number;
  /** The first second behind it. */
  toS: number;
}

export const SHORTEST_S = 4;
/** A year: further out there is nothing to see. */
export const LONGEST_S = 366 * 86_400;

export function lengthOf({ fromS, toS }: Range): number {
  return toS - fromS;
}

/** Rounded outwards, in order, long enough to be drawn, and not in the future. */
export function settled({ fromS, toS }: Range, nowS: number): Range {
  const from = Math.floor(Math.min(fromS, toS));
  const to = Math.ceil(Math.max(fromS, toS));
  const length = Math.min(LONGEST_S, Math.max(SHORTEST_S, to - from));
  const middle = (from + to) / 2;
  const end = Math.min(nowS, Math.max(to, Math.ceil(middle + length / 2)));
  return { fromS: end - length, toS: end };
}

/** From the first stretch of a run to its last, in ms; one that lasts until now. */
export function wholeOf(run: { stretches: readonly { fromMs: number; toMs: number | null }[] }, nowS: number): Range {
  const [first, last] = [run.stretches[0]!, run.stretches.at(-1)!];
  const toS = last.toMs === null ? nowS : Math.ceil(last.toMs / 1000);
  return settled({ fromS: first.fromMs / 1000, toS }, Math.max(nowS, toS));
}

/** `factor` below 1 looks nearer; what is at `atS` stays where it is. */
export function zoomed(range: Range, factor: number, nowS: number, atS = (range.fromS + range.toS) / 2): Range {
  const fromS = atS - (atS - range.fromS) * factor;
  return settled({ fromS, toS: fromS + lengthOf(range) * factor }, nowS);
}

/** By a share of its length; later where that is above 0. */
export function panned(range: Range, share: number, nowS: number): Range {
  const by = Math.round(lengthOf(range) * share);
  return settled({ fromS: range.fromS + by, toS: range.toS + by }, nowS);
}

/** As the address has it. @returns null where it is none */
export function parseRange(from: string | null, to: string | null): Range | null {
  const [fromS, toS] = [from, to].map((text) => (text !== null && /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN));
  return fromS! < toS! && toS! - fromS! <= LONGEST_S ? { fromS: fromS!, toS: toS! } : null;
}
