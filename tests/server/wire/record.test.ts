import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FLAGS,
  flagNames,
  HEAD_BYTES,
  headText,
  RECORD_BYTES,
  RECORD_OFFSETS,
  stampSince,
} from '../../../server/wire/record.ts';
import { encodeRecord } from './encode-record.ts';

const words = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

describe('stampSince', () => {
  const far = fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n });

  it('is exact across every border of 32 bits, before and after the base', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n }), far, (base, difference) => {
        const record = words(encodeRecord({ vantage: 'host', first: [0n, base + difference] }));
        expect(stampSince(record, 2, Number(base >> 32n), Number(base & 0xffffffffn))).toBe(Number(difference));
      }),
    );
  });

  it.each([2n ** 32n - 1n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 33n])('is exact at %d with a base one off', (stamp) => {
    const record = words(encodeRecord({ vantage: 'host', first: [stamp] }));
    for (const off of [-1n, 0n, 1n]) {
      const base = stamp + off;
      expect(stampSince(record, 0, Number(base >> 32n), Number(base & 0xffffffffn))).toBe(Number(-off));
    }
  });

  it('knows a missing station from one at the base', () => {
    const record = words(encodeRecord({ vantage: 'guest', first: [0n, 2n ** 32n] }));
    expect(stampSince(record, 0, 0, 0)).toBeNaN();
    expect(stampSince(record, 2, 1, 0)).toBe(0);
  });
});

describe('headText', () => {
  it('splits method and path, and takes no byte beyond the length', () => {
    const record = encodeRecord({ vantage: 'guest', head: 'DELETE /a%20b/ü' });
    const length = record[RECORD_OFFSETS.head_len]!;
    expect(headText(record, RECORD_OFFSETS.head, length).method).toBe('DELETE');
    expect(headText(record, RECORD_OFFSETS.head, 10)).toEqual({ method: 'DELETE', path: '/a%' });
  });

  it('is empty where nothing was parsed, and never reads beyond the field', () => {
    expect(headText(encodeRecord({ vantage: 'guest' }), RECORD_OFFSETS.head, 0)).toEqual({ method: '', path: '' });
    const full = encodeRecord({ vantage: 'guest', head: `GET /${'x'.repeat(HEAD_BYTES - 5)}` });
    const text = headText(full, RECORD_OFFSETS.head, 255);
    expect(`${text.method} ${text.path}`).toHaveLength(HEAD_BYTES);
    expect(RECORD_OFFSETS.head + HEAD_BYTES).toBe(RECORD_BYTES);
  });
});

describe('flagNames', () => {
  it('names exactly the flags that are set, without the IPv4 mark', () => {
    expect(flagNames(0)).toEqual([]);
    expect(flagNames(FLAGS.ipv4 | FLAGS.reset | FLAGS.closed)).toEqual(['reset', 'closed']);
    const all = Object.values(FLAGS).reduce((a, b) => a | b, 0);
    const names = Object.keys(FLAGS).filter((name) => name !== 'ipv4' && name !== 'ran');
    expect(flagNames(all)).toEqual(names);
  });
});
