import { RECORD_OFFSETS } from '../../../server/wire/record.ts';

/** A record of a test trace with what the obvious joiner needs to know. */
export interface TraceRecord {
  isHost: boolean;
  source: number;
  /** Number of the add() that delivers it. */
  batch: number;
  timeNs: number;
  bytes: Uint8Array;
}

export interface ScanResult {
  pairs: [TraceRecord, TraceRecord][];
  unmatched: TraceRecord[];
  duplicates: number;
}

function keyOf(record: TraceRecord): string {
  return Buffer.from(record.bytes.subarray(RECORD_OFFSETS.client, RECORD_OFFSETS.response_seq)).toString('hex');
}

/**
 * The obvious joiner: sort the whole trace by key (arrival stays the order
 * within a key), then scan groups: the first host and the first guest record
 * are a pair unless the earlier one had expired, all others are duplicates.
 * @param expired whether a record is given up before the batch of its partner
 */
export function sortAndScan(
  trace: readonly TraceRecord[],
  expired: (waiting: TraceRecord, untilBatch: number) => boolean = () => false,
): ScanResult {
  const result: ScanResult = { pairs: [], unmatched: [], duplicates: 0 };
  for (const group of Map.groupBy(trace.toSorted(byKey), keyOf).values()) {
    const host = group.find((r) => r.isHost);
    const guest = group.find((r) => !r.isHost);
    const singles = [host, guest].filter((r) => r !== undefined);
    result.duplicates += group.length - singles.length;
    const earlier = group[0] === host ? host : guest;
    const later = earlier === host ? guest : host;
    if (host && guest && !expired(earlier!, later!.batch)) result.pairs.push([host, guest]);
    else result.unmatched.push(...singles);
  }
  return result;
}

function byKey(a: TraceRecord, b: TraceRecord): number {
  return keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0;
}
