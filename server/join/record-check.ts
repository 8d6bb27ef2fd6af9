import { HEAD_BYTES, RECORD_OFFSETS, RECORD_STATIONS, stampSince } from '../wire/record.ts';

const LAST_WORD = RECORD_OFFSETS.last / 4;
/** status (16 bits), vantage (8), head_len (8). */
export const STATUS_WORD = RECORD_OFFSETS.status / 4;
/** Stamps of one clock may be taken on several CPUs and reordered a little; a second is no reordering. */
const REASON_NS = 1e9;
/** Beyond this from the base a stamp is no number of this boot. */
const FARTHEST_NS = 2 ** 52;

/**
 * The time of the record at word `at`: its latest stamp, ns since the base.
 * NaN when the record is malformed: of another vantage, a head longer than
 * its field, no stamp at all, stamps far from the base, a last byte before
 * its first, or stations far out of order.
 */
export function recordTime(
  words: Uint32Array,
  at: number,
  vantageCode: number,
  baseHigh: number,
  baseLow: number,
): number {
  const status = words[at + STATUS_WORD]!;
  if (((status >>> 16) & 255) !== vantageCode || status >>> 24 > HEAD_BYTES) return Number.NaN;
  let reached = Number.NEGATIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < RECORD_STATIONS; i++) {
    const first = stampSince(words, at + 2 * i, baseHigh, baseLow);
    const last = stampSince(words, at + LAST_WORD + 2 * i, baseHigh, baseLow);
    if (first < reached - REASON_NS || last < first) return Number.NaN;
    reached = first > reached ? first : reached;
    latest = last > latest ? last : first > latest ? first : latest;
  }
  return Math.abs(latest) < FARTHEST_NS ? latest : Number.NaN;
}
