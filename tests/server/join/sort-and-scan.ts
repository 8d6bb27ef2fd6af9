import { RECORD_OFFSETS } from '../../../server/wire/record.ts';

/** A record of a test trace with what the obvious joiner needs to know. */
export interface TraceRecord {
  isHost: boolean;
  source: number;
  /** Number of the add() that delivers it. */
  batch: number;
  timeNs: number;
  /** 0: not told. */
  responseBytes: number;
  /** Flagged as carrying on an earlier record. */
  continued: boolean;
  /** Nothing of the response comes after it. */
  final: boolean;
  bytes: Uint8Array;
}

export interface ScanResult {
  pairs: [TraceRecord, TraceRecord][];
  unmatched: TraceRecord[];
  duplicates: number;
  /** Replaced by one that saw more, while they waited. */
  continued: number;
  /** Saw more after the pair was made. */
  late: TraceRecord[];
}

function keyOf(record: TraceRecord): string {
  return Buffer.from(record.bytes.subarray(RECORD_OFFSETS.client, RECORD_OFFSETS.response_seq)).toString('hex');
}

/**
 * The obvious joiner: sort the whole trace by key (arrival stays the order
 * within a key), then scan each group with one waiting record per vantage.
 * @param expired whether a record is given up before the batch of its partner
 */
export function sortAndScan(
  trace: readonly TraceRecord[],
  expired: (waiting: TraceRecord, untilBatch: number) => boolean = () => false,
): ScanResult {
  const result: ScanResult = { pairs: [], unmatched: [], duplicates: 0, continued: 0, late: [] };
  for (const group of Map.groupBy(trace.toSorted(byKey), keyOf).values()) scan(group, expired, result);
  return result;
}

/** What each vantage has seen of a pair's response. */
type Seen = Record<'host' | 'guest', number>;

function scan(
  group: readonly TraceRecord[],
  expired: (waiting: TraceRecord, untilBatch: number) => boolean,
  result: ScanResult,
): void {
  const waiting = new Map<string, TraceRecord>();
  let seen: Seen | null = null;
  for (const record of group) {
    const [own, other] = record.isHost ? (['host', 'guest'] as const) : (['guest', 'host'] as const);
    if (seen !== null) {
      if (record.continued && record.responseBytes > seen[own]) {
        seen[own] = record.responseBytes;
        result.late.push(record);
      } else result.duplicates++;
      continue;
    }
    const before = waiting.get(own);
    if (before !== undefined && !(record.continued && record.responseBytes > before.responseBytes)) {
      result.duplicates++;
      continue;
    }
    if (before !== undefined) result.continued++;
    waiting.set(own, record);
    const partner = waiting.get(other);
    if (partner === undefined) continue;
    if (expired(partner, record.batch)) {
      result.unmatched.push(partner);
      waiting.delete(other);
    } else if (!isCutShort(record, partner)) {
      seen = { [own]: record.responseBytes, [other]: partner.responseBytes } as Seen;
      result.pairs.push(record.isHost ? [record, partner] : [partner, record]);
      waiting.clear();
    }
  }
  const host = waiting.get('host');
  const guest = waiting.get('guest');
  if (host && guest) result.pairs.push([host, guest]);
  else result.unmatched.push(...waiting.values());
}

function isCutShort(a: TraceRecord, b: TraceRecord): boolean {
  const [less, more] = a.responseBytes < b.responseBytes ? [a, b] : [b, a];
  return less.responseBytes > 0 && less.responseBytes < more.responseBytes && !less.final;
}

function byKey(a: TraceRecord, b: TraceRecord): number {
  return keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0;
}
