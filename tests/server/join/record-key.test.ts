import { describe, expect, it } from 'vitest';
import { hashKey, sameKey } from '../../../server/join/record-key.ts';
import { RECORD_OFFSETS, RECORD_WORDS } from '../../../server/wire/record.ts';
import { encodeRecord } from '../wire/encode-record.ts';

const record = encodeRecord({ vantage: 'host', clientPort: 4000, serverPort: 80, requestSeq: 9 });
const words = (bytes: Uint8Array) => new Uint32Array(bytes.buffer);

/** The record with one bit of byte `at` changed, behind an empty one. */
function changed(at: number): Uint32Array {
  const two = new Uint32Array(2 * RECORD_WORDS);
  const copy = record.slice();
  copy[at] = copy[at]! ^ 1;
  two.set(words(copy), RECORD_WORDS);
  return two;
}

describe('sameKey and hashKey', () => {
  it('tell keys apart by every byte of addresses, ports and request number, and look at no other byte', () => {
    for (let at = 0; at < record.length; at++) {
      const isKey = at >= RECORD_OFFSETS.client && at < RECORD_OFFSETS.response_seq;
      const other = changed(at);
      expect(sameKey(words(record), 0, other, RECORD_WORDS), `byte ${at}`).toBe(!isKey);
      expect(hashKey(words(record), 0, 5) === hashKey(other, RECORD_WORDS, 5), `byte ${at}`).toBe(!isKey);
    }
  });

  it('hash the same key differently under another seed', () => {
    expect(hashKey(words(record), 0, 1)).not.toBe(hashKey(words(record), 0, 2));
  });

  it('spread neighbouring ports and request numbers evenly', () => {
    const buckets = new Uint32Array(256);
    for (let i = 0; i < 25_600; i++) {
      const bytes = encodeRecord({ vantage: 'host', clientPort: 32_768 + (i % 128), requestSeq: 100 * i });
      buckets[hashKey(words(bytes), 0, 0) & 255]!++;
    }
    expect(Math.max(...buckets)).toBeLessThan(160);
    expect(Math.min(...buckets)).toBeGreaterThan(50);
  });
});
