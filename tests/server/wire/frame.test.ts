import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FRAME_HEADER_BYTES,
  FRAME_MAX_BYTES,
  FRAME_MAX_RECORDS,
  readFrame,
  writeFrameHeader,
} from '../../../server/wire/frame.ts';
import { RECORD_BYTES } from '../../../server/wire/record.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const header = fc.record({
  sequence: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  count: fc.integer({ min: 1, max: FRAME_MAX_RECORDS }),
  lost: u64,
  sentNs: u64,
});

function frameOf(fields: { sequence: number; count: number; lost: bigint; sentNs: bigint }): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + fields.count * RECORD_BYTES);
  for (let i = FRAME_HEADER_BYTES; i < bytes.length; i++) bytes[i] = i * 31;
  writeFrameHeader(bytes, fields);
  return bytes;
}

const small = frameOf({ sequence: 4_000_000_000, count: 2, lost: 2n ** 60n, sentNs: 5n });

describe('readFrame', () => {
  it('gives back what was written, with the records as a view', () => {
    fc.assert(
      fc.property(header, (fields) => {
        const bytes = frameOf(fields);
        const result = readFrame(bytes);
        expect(result).toMatchObject({ ok: true, frame: fields });
        if (!result.ok) return;
        expect(result.frame.records.buffer).toBe(bytes.buffer);
        expect(Buffer.from(result.frame.records).equals(bytes.subarray(FRAME_HEADER_BYTES))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('reads a frame that lies anywhere in a larger buffer', () => {
    for (const at of [1, 2, 3, 4, 1001]) {
      const larger = new Uint8Array(small.length + at + 9);
      larger.set(small, at);
      const result = readFrame(larger.subarray(at, at + small.length));
      expect(result.ok && result.frame.sequence).toBe(4_000_000_000);
    }
  });

  it('refuses a frame cut at any byte, or with one byte more', () => {
    for (let length = 0; length < small.length; length++) {
      const result = readFrame(small.subarray(0, length));
      expect(result.ok ? '' : result.fault).toBe(length < FRAME_HEADER_BYTES ? 'short' : 'length');
    }
    const longer = new Uint8Array(small.length + 1);
    longer.set(small);
    expect(readFrame(longer)).toMatchObject({ ok: false, fault: 'length' });
  });

  it.each([
    ['magic', 0, 0],
    ['version', 4, 2],
    ['record-size', 6, 1],
    ['count', 13, 4],
  ])('names the fault: %s', (fault, at, value) => {
    const bytes = small.slice();
    bytes[at as number] = value as number;
    expect(readFrame(bytes)).toMatchObject({ ok: false, fault });
  });

  it('refuses an empty frame and takes the largest one', () => {
    const empty = small.slice();
    new DataView(empty.buffer).setUint32(12, 0, true);
    expect(readFrame(empty)).toMatchObject({ ok: false, fault: 'count' });
    const largest = frameOf({ sequence: 1, count: FRAME_MAX_RECORDS, lost: 0n, sentNs: 0n });
    expect(largest.length).toBe(FRAME_MAX_BYTES);
    expect(readFrame(largest).ok).toBe(true);
  });

  it('never throws, whatever the bytes are, and a fault always says something', () => {
    const noise = fc.uint8Array({ maxLength: 700 });
    const damaged = fc
      .array(fc.tuple(fc.nat({ max: small.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
      .map((edits) => {
        const bytes = small.slice();
        for (const [at, value] of edits) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(noise, damaged), (bytes) => {
        const result = readFrame(bytes);
        if (result.ok) expect(result.frame.records.length).toBe(result.frame.count * RECORD_BYTES);
        else expect(result.message.length).toBeGreaterThan(10);
      }),
      { numRuns: 3000 },
    );
  });
});
