import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressText,
  FLAGS,
  flagNames,
  HEAD_BYTES,
  headText,
  RECORD_BYTES,
  RECORD_OFFSETS,
  stampSince,
} from '../../../server/wire/record.ts';
import { encodeRecord, mappedAddress } from './encode-record.ts';

const words = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

/** RFC 5952 text by the URL parser of the platform. */
function canonicalText(address: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((address[2 * i]! << 8) | address[2 * i + 1]!).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

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

describe('addressText', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  /** Zero groups are common, as in real addresses. */
  const group = fc.oneof(fc.constant([0, 0]), fc.constant([0, 1]), fc.tuple(byte, byte));
  const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.flat());

  it('writes IPv6 as the platform does, with every run of zeros', () => {
    fc.assert(
      fc.property(ipv6, (address) => {
        fc.pre(!(address.slice(0, 10).every((b) => b === 0) && address[10] === 255 && address[11] === 255));
        expect(addressText(Uint8Array.from(address), 0)).toBe(canonicalText(address));
      }),
      { numRuns: 2000 },
    );
  });

  it('compresses every combination of zero and other groups as the platform does', () => {
    for (let mask = 0; mask < 256; mask++) {
      for (const other of [1, 0x10, 0xa0b]) {
        const groups = Array.from({ length: 8 }, (_, i) => (mask & (1 << i) ? [other >> 8, other & 255] : [0, 0]));
        expect(addressText(Uint8Array.from(groups.flat()), 0)).toBe(canonicalText(groups.flat()));
      }
    }
  });

  it('writes a mapped address as dotted IPv4, at any place in the bytes', () => {
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), fc.nat({ max: 20 }), (parts, at) => {
        const bytes = new Uint8Array(at + 16);
        bytes.set(mappedAddress(...parts), at);
        expect(addressText(bytes, at)).toBe(parts.join('.'));
        expect(isIPv4(addressText(bytes, at))).toBe(true);
      }),
    );
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
