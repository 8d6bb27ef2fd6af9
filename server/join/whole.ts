import { FLAGS, PROTOCOLS, RECORD_OFFSETS } from '../wire/record.ts';

const FLAGS_WORD = RECORD_OFFSETS.flags / 4;
export const RESPONSE_BYTES_WORD = RECORD_OFFSETS.response_bytes / 4;
const RESPONSE_SEQ_WORD = RECORD_OFFSETS.response_seq / 4;
/** Its third byte; zero_windows and syn_retries stand before it. */
const PROTOCOL_WORD = RECORD_OFFSETS.zero_windows / 4;
const TLS = PROTOCOLS.indexOf('tls');
/** After these nothing more of the response comes, or nobody can tell whose it would be. */
const FINAL = FLAGS.reset | FLAGS.closed | FLAGS.midstream | FLAGS.overlap | FLAGS.pipelined;

/**
 * Whether one of two records of an exchange was made while the response paused
 * at its vantage and went on: it saw less of its end than the other, and
 * nothing says why. 0 bytes is no knowledge.
 */
export function oneIsPartial(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  const ahead = (responseEnd(a, aAt) - responseEnd(b, bAt)) | 0;
  if (ahead === 0 || a[aAt + RESPONSE_BYTES_WORD] === 0 || b[bAt + RESPONSE_BYTES_WORD] === 0) return false;
  return ((ahead < 0 ? a[aAt + FLAGS_WORD]! : b[bAt + FLAGS_WORD]!) & FINAL) === 0;
}

/** Whether both vantages saw the response to the same byte. */
export function endTogether(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  return ((responseEnd(a, aAt) - responseEnd(b, bAt)) | 0) === 0;
}

function responseEnd(words: Uint32Array, at: number): number {
  return words[at + RESPONSE_SEQ_WORD]! + words[at + RESPONSE_BYTES_WORD]!;
}

/**
 * Whether what the host took for the begin of a response under TLS is none: the guest, which knows what the
 * service had read when it wrote, has the response begin later. A session ticket went before it.
 */
export function hostBeganEarly(host: Uint32Array, hostAt: number, guest: Uint32Array, guestAt: number): boolean {
  if (((host[hostAt + PROTOCOL_WORD]! >>> 16) & 0xff) !== TLS) return false;
  const began = guest[guestAt + RESPONSE_SEQ_WORD]!;
  return began !== 0 && ((host[hostAt + RESPONSE_SEQ_WORD]! - began) | 0) < 0;
}

export function isContinued(words: Uint32Array, at: number): boolean {
  return (words[at + FLAGS_WORD]! & FLAGS.continued) !== 0;
}
