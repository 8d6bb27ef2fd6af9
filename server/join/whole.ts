import { FLAGS, RECORD_OFFSETS } from '../wire/record.ts';

const FLAGS_WORD = RECORD_OFFSETS.flags / 4;
export const RESPONSE_BYTES_WORD = RECORD_OFFSETS.response_bytes / 4;
/** After these nothing more of the response comes, or nobody can tell whose it would be. */
const FINAL = FLAGS.reset | FLAGS.closed | FLAGS.midstream | FLAGS.overlap | FLAGS.pipelined;

/**
 * Whether one of two records of an exchange was made while the response paused
 * at its vantage and went on: it saw fewer bytes than the other, and nothing
 * says why. 0 bytes is no knowledge.
 */
export function oneIsPartial(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  const aBytes = a[aAt + RESPONSE_BYTES_WORD]!;
  const bBytes = b[bAt + RESPONSE_BYTES_WORD]!;
  if (aBytes === bBytes || aBytes === 0 || bBytes === 0) return false;
  return ((aBytes < bBytes ? a[aAt + FLAGS_WORD]! : b[bAt + FLAGS_WORD]!) & FINAL) === 0;
}

export function isContinued(words: Uint32Array, at: number): boolean {
  return (words[at + FLAGS_WORD]! & FLAGS.continued) !== 0;
}
