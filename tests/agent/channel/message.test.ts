import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChannelMessage,
  MESSAGE_HEADER_BYTES,
  MESSAGE_KINDS,
  MESSAGE_MAX_BYTES,
  MessageReader,
  messageBytes,
} from '../../../agent/channel/message.ts';

const hello = messageBytes('text', 7, '{"type":"hello"}');
const frame = messageBytes('binary', 7, Buffer.alloc(5000, 'HOPC and more of it '));
const open = messageBytes('open', 7);

function plain(messages: ChannelMessage[]) {
  return messages.map(({ kind, session, payload }) => [kind, session, payload.toString('latin1')]);
}

function readAll(reader: MessageReader, bytes: Uint8Array, step = bytes.length): ChannelMessage[] {
  const messages: ChannelMessage[] = [];
  for (let at = 0; at < bytes.length; at += step) messages.push(...reader.push(bytes.subarray(at, at + step)));
  return messages;
}

const message = fc.record({
  kind: fc.constantFrom(...MESSAGE_KINDS),
  session: fc.nat(0xffffffff),
  payload: fc.uint8Array({ maxLength: 200 }),
});

describe('the messages of a channel', () => {
  it('come out as they went in, wherever the stream is cut', () => {
    const stream = Buffer.concat([open, hello, messageBytes('close', 9, 'bye')]);
    const whole = plain(new MessageReader().push(stream));
    expect(whole).toEqual([
      ['open', 7, ''],
      ['text', 7, '{"type":"hello"}'],
      ['close', 9, 'bye'],
    ]);
    for (let cut = 1; cut < stream.length; cut++) {
      const reader = new MessageReader();
      const both = [...reader.push(stream.subarray(0, cut)), ...reader.push(stream.subarray(cut))];
      expect(plain(both)).toEqual(whole);
      expect(reader.malformed).toBe(0);
    }
    expect(plain(readAll(new MessageReader(), stream, 1))).toEqual(whole);
  });

  it('come out whatever they are, in whatever pieces', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.integer({ min: 1, max: 300 }), (sent, step) => {
        const stream = Buffer.concat(sent.map(({ kind, session, payload }) => messageBytes(kind, session, payload)));
        const got = readAll(new MessageReader(), stream, step);
        expect(got.map(({ kind, session }) => ({ kind, session }))).toEqual(
          sent.map(({ kind, session }) => ({ kind, session })),
        );
        expect(Buffer.concat(got.map(({ payload }) => payload))).toEqual(
          Buffer.concat(sent.map(({ payload }) => payload)),
        );
      }),
    );
  });

  it('may be as large as the largest frame, and no larger', () => {
    const largest = Buffer.alloc(MESSAGE_MAX_BYTES, 1);
    const reader = new MessageReader();
    const bytes = messageBytes('binary', 1, largest);
    expect(readAll(reader, Buffer.concat([bytes, bytes, hello]), 32_768).map((m) => m.payload.length)).toEqual([
      MESSAGE_MAX_BYTES,
      MESSAGE_MAX_BYTES,
      16,
    ]);
    expect(() => messageBytes('binary', 1, Buffer.alloc(MESSAGE_MAX_BYTES + 1))).toThrow(/too large/);
  });
});

describe('a reader that attaches in the middle of a stream', () => {
  it('finds the next message, from every place in the one before', () => {
    for (let from = 1; from < frame.length; from += 7) {
      const reader = new MessageReader();
      const got = reader.push(Buffer.concat([frame.subarray(from), hello, open]));
      expect(plain(got)).toEqual([
        ['text', 7, '{"type":"hello"}'],
        ['open', 7, ''],
      ]);
      expect(got.map(({ afterGap }) => afterGap)).toEqual([true, false]);
      expect([reader.malformed, reader.skippedBytes]).toEqual([1, frame.length - from]);
    }
  });

  it('is not taken in by garbage before, between and after messages', () => {
    const part = fc.oneof(
      {
        weight: 2,
        arbitrary: message.map((m) => ({ bytes: messageBytes(m.kind, m.session, m.payload), whole: true })),
      },
      {
        weight: 1,
        arbitrary: fc
          .oneof(
            fc.uint8Array({ maxLength: 100 }),
            fc.constant(Buffer.from('HOPCHOPC')),
            fc.constant(Buffer.from('HO')),
          )
          .map((bytes) => ({ bytes: Buffer.from(bytes), whole: false })),
      },
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.integer({ min: 1, max: 64 }), (parts, step) => {
        const reader = new MessageReader();
        const got = readAll(reader, Buffer.concat(parts.map(({ bytes }) => bytes)), step);
        expect(got).toHaveLength(parts.filter(({ whole }) => whole).length);
      }),
    );
  });

  it('loses only the message that was cut short, and says that there is a gap', () => {
    const reader = new MessageReader();
    const got = reader.push(Buffer.concat([hello, frame.subarray(0, 3000), hello, frame, open]));
    expect(plain(got).map(([kind]) => kind)).toEqual(['text', 'text', 'binary', 'open']);
    expect(got.map(({ afterGap }) => afterGap)).toEqual([false, true, false, false]);
    expect(reader.malformed).toBe(1);
  });

  it('does not wait for the bytes of a header that is none', () => {
    for (const at of [4, 8, 12, 16, 20]) {
      const spoilt = Buffer.from(frame.subarray(0, MESSAGE_HEADER_BYTES));
      spoilt.writeUInt32LE(spoilt.readUInt32LE(at) + 1, at);
      const reader = new MessageReader();
      expect(reader.push(Buffer.concat([spoilt, open]))).toHaveLength(1);
      expect(reader.malformed).toBe(1);
    }
  });

  it('finds the message after one with a spoilt payload', () => {
    const spoilt = Buffer.from(frame);
    spoilt[100] = (spoilt[100] as number) ^ 1;
    expect(plain(new MessageReader().push(Buffer.concat([spoilt, open])))).toEqual([['open', 7, '']]);
  });

  it('is not kept busy by a peer that sends nothing but false messages', () => {
    // Each header is right and claims a payload that holds the next: re-reading from each would take minutes.
    const header = messageBytes('binary', 1, Buffer.alloc(MESSAGE_MAX_BYTES, 3)).subarray(0, MESSAGE_HEADER_BYTES);
    const nested = Buffer.concat(Array.from({ length: 40_000 }, () => header));
    const reader = new MessageReader();
    const startMs = performance.now();
    expect(reader.push(nested)).toEqual([]);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    // It is still one: what was held at the end is let go as soon as it proves false.
    expect(readAll(reader, Buffer.concat([Buffer.alloc(MESSAGE_MAX_BYTES), open, hello])).length).toBeGreaterThan(0);
  });
});
