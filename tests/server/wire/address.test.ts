import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, addressText } from '../../../server/wire/address.ts';
import { mappedAddress } from './encode-record.ts';

/** RFC 5952 text by the URL parser of the platform. */
function canonicalText(address: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((address[2 * i]! << 8) | address[2 * i + 1]!).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

describe('an address', () => {
  it('becomes the bytes that it was, IPv4 mapped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(addressBytes(addressText(bytes, 0))).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(addressText(addressBytes(text) as Uint8Array, 0)).toBe(text);
      }),
    );
  });

  it.each([
    ['::', '::'],
    ['fe80::1', 'fe80::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ])('%s is %s', (text, same) => {
    expect(addressText(addressBytes(text) as Uint8Array, 0)).toBe(same);
  });

  it.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2:3:4:5:6:7:8',
    'g::',
    '1.2.3',
    '1.2.3.4.5',
  ])('is not made of %j', (text) => {
    expect(addressBytes(text)).toBeNull();
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
