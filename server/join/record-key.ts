import { RECORD_OFFSETS } from '../wire/record.ts';

/** The key lies together in the record: both addresses, both ports, the request's sequence number. */
export const KEY_WORD = RECORD_OFFSETS.client / 4;
export const PORTS_WORD = RECORD_OFFSETS.client_port / 4;
export const SEQUENCE_WORD = RECORD_OFFSETS.request_seq / 4;

/**
 * 32-bit hash of the key of the record at word `at`: multiply, rotate and a
 * final avalanche after MurmurHash3 (Appleby, public domain). Peers choose
 * their ports and sequence numbers, so give a secret `seed` in production.
 */
export function hashKey(words: Uint32Array, at: number, seed: number): number {
  let hash = seed | 0;
  for (let i = at + KEY_WORD; i <= at + SEQUENCE_WORD; i++) {
    const mixed = Math.imul(words[i]!, 0xcc9e2d51);
    hash ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether two records have the same key; the sequence number differs most often and goes first. */
export function sameKey(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  for (let i = SEQUENCE_WORD; i >= KEY_WORD; i--) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}
