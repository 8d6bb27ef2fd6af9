import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameBuffer } from '../../agent/frame-buffer.ts';
import { FRAME_MAX_RECORDS, type Frame } from '../../server/wire/frame.ts';
import { bytesOf, generate, Line, next, OPERATION } from './frame-line.ts';

describe('the frame buffer', () => {
  it('makes frames that the server reads: numbered, whole, with what was lost so far', () => {
    const buffer = new FrameBuffer(bytesOf(3));
    generate(buffer, 3);
    generate(buffer, 2);
    const frame = next(buffer) as Frame;
    expect(frame).toMatchObject({ sequence: 2, count: 2, lost: 3n, sentNs: 42n });
    expect([...new Set(frame.records)]).toEqual([3, 4]);
    expect(next(buffer)).toBeNull();
  });

  it('makes no frame of nothing, and none larger than the largest', () => {
    const buffer = new FrameBuffer(1 << 24);
    expect(generate(buffer, 0)).toBe(0);
    expect(buffer.fill(5, () => 0, 0n)).toBe(0);
    expect(buffer.held).toBe(0);
    expect(generate(buffer, FRAME_MAX_RECORDS + 1)).toBe(FRAME_MAX_RECORDS);
    expect(next(buffer)?.count).toBe(FRAME_MAX_RECORDS);
  });

  it('drops the oldest frame when the budget is used up, and counts its records', () => {
    const buffer = new FrameBuffer(bytesOf(10) * 3);
    for (let i = 0; i < 5; i++) generate(buffer, 10);
    expect(buffer).toMatchObject({ records: 50, dropped: 20, held: 3 });
    expect([next(buffer), next(buffer), next(buffer), next(buffer)].map((frame) => frame?.sequence)).toEqual([
      3,
      4,
      5,
      undefined,
    ]);
  });

  it('hands out a frame once a connection, and again on the next what was not acknowledged', () => {
    const buffer = new FrameBuffer(1 << 20);
    for (let i = 0; i < 3; i++) generate(buffer, 1);
    const sent = [next(buffer), next(buffer), next(buffer)].map((frame) => frame?.sequence);
    expect(sent).toEqual([1, 2, 3]);
    expect(next(buffer)).toBeNull();
    buffer.acknowledge(2);
    expect(buffer.held).toBe(1);
    buffer.rewind(2);
    expect(next(buffer)?.sequence).toBe(3);
    expect(next(buffer)).toBeNull();
  });

  it('keeps what a server has but has not made safe, and sends it only to another one', () => {
    const buffer = new FrameBuffer(1 << 20);
    for (let i = 0; i < 3; i++) generate(buffer, 1);
    next(buffer);
    next(buffer);
    buffer.rewind(2); // the same server: it has both
    expect(next(buffer)?.sequence).toBe(3);
    expect(buffer.held).toBe(3);
    buffer.rewind(0); // its successor has none
    expect([next(buffer), next(buffer), next(buffer)].map((frame) => frame?.sequence)).toEqual([1, 2, 3]);
  });

  it('counts no drop while the server may have the frame, and none that it has', () => {
    const buffer = new FrameBuffer(bytesOf(10) * 2);
    generate(buffer, 10);
    next(buffer);
    for (let i = 0; i < 2; i++) generate(buffer, 10);
    expect(buffer).toMatchObject({ dropped: 0, held: 2 });
    buffer.rewind(1);
    expect(buffer.dropped).toBe(0);
    buffer.acknowledge(1);
    buffer.rewind(0);
    expect(buffer.dropped).toBe(0);
  });

  it('counts a drop when the frame was lost with its connection', () => {
    const buffer = new FrameBuffer(bytesOf(10) * 2);
    generate(buffer, 10);
    next(buffer);
    for (let i = 0; i < 2; i++) generate(buffer, 10);
    buffer.rewind(0); // the welcome of the next connection: nothing has arrived
    while (next(buffer)) {
      // all that is left is sent
    }
    buffer.acknowledge(3);
    expect(buffer).toMatchObject({ records: 30, dropped: 10, held: 0 });
  });

  it('accounts for every record, whatever happens: generated = delivered + dropped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(OPERATION, { maxLength: 120 }), (budget, operations) => {
        const line = new Line(new FrameBuffer(bytesOf(budget)));
        for (const operation of operations) {
          line.do(operation);
          expect(line.buffer.dropped).toBeGreaterThanOrEqual(0);
        }
        line.finish();
        expect(line.buffer.held).toBe(0);
        expect(line.delivered + line.buffer.dropped).toBe(line.buffer.records);
      }),
      { numRuns: 2_000 },
    );
  });
});
