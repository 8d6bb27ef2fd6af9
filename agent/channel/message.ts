/**
 * Messages on a virtio-serial channel, which is a bare stream of bytes: either
 * end may come late, leave in the middle of a message and come back. So each
 * message has a header that a reader can find again (little-endian): magic u32,
 * kind u8, three zeros, session u32, length u32, CRC-32 of the payload u32,
 * CRC-32 of these 20 bytes u32; then the payload.
 */
import { crc32 } from 'node:zlib';
import { FRAME_MAX_BYTES } from '../../server/wire/frame.ts';

const MAGIC = Buffer.from('HOPC');
export const MESSAGE_HEADER_BYTES = 24;
export const MESSAGE_MAX_BYTES = FRAME_MAX_BYTES;
const CHECKED_BYTES = 20;
const CAPACITY = 2 * (MESSAGE_HEADER_BYTES + MESSAGE_MAX_BYTES);
/** A peer that goes on sending messages with broken payloads gets no more of our time than this. */
const BROKEN_IN_A_ROW = 8;

/**
 * `open` asks the host's end for a connection to the server, `text` and `binary` are
 * carried on it unread, `close` ends it, with the reason as payload.
 */
export const MESSAGE_KINDS = ['text', 'binary', 'open', 'close'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

export interface ChannelMessage {
  kind: MessageKind;
  /** Chosen by the guest for each connection; what belongs to another one is stale. */
  session: number;
  payload: Buffer;
  /** Something before it was lost. */
  afterGap: boolean;
}

/** The bytes of one message; throws when the payload is larger than a frame may be. */
export function messageBytes(kind: MessageKind, session: number, payload: Uint8Array | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  if (body.length > MESSAGE_MAX_BYTES) throw new RangeError(`a message of ${body.length} bytes is too large`);
  const bytes = Buffer.alloc(MESSAGE_HEADER_BYTES + body.length);
  MAGIC.copy(bytes);
  bytes[4] = MESSAGE_KINDS.indexOf(kind);
  bytes.writeUInt32LE(session, 8);
  bytes.writeUInt32LE(body.length, 12);
  bytes.writeUInt32LE(crc32(body), 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  bytes.set(body, MESSAGE_HEADER_BYTES);
  return bytes;
}

/** Takes bytes in as they come and gives whole messages out; holds one message at most. */
export class MessageReader {
  readonly #held = Buffer.allocUnsafe(CAPACITY);
  #start = 0;
  #end = 0;
  #lost = false;
  #broken = 0;
  /** Times the stream was no message where one should begin, and the bytes passed over to find the next. */
  malformed = 0;
  skippedBytes = 0;

  /** @param chunk any number of bytes @returns the messages complete with it; payloads are copies */
  push(chunk: Uint8Array): ChannelMessage[] {
    const messages: ChannelMessage[] = [];
    for (let at = 0; at < chunk.length; ) {
      this.#makeRoom(chunk.length - at);
      const part = chunk.subarray(at, at + CAPACITY - this.#end);
      this.#held.set(part, this.#end);
      this.#end += part.length;
      at += part.length;
      for (let message = this.#next(); message; message = this.#next()) messages.push(message);
    }
    return messages;
  }

  /** Moved only when it must be: what is held is less than a message, and there is room for two. */
  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= CAPACITY) return;
    this.#held.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  #next(): ChannelMessage | null {
    for (;;) {
      this.#findMagic();
      const waiting = this.#end - this.#start;
      if (waiting < MESSAGE_HEADER_BYTES) return null;
      const header = this.#held.subarray(this.#start, this.#start + MESSAGE_HEADER_BYTES);
      const length = lengthIn(header);
      if (length === null) {
        this.#skip(1);
        continue;
      }
      if (waiting < MESSAGE_HEADER_BYTES + length) return null;
      const from = this.#start + MESSAGE_HEADER_BYTES;
      const payload = Buffer.from(this.#held.subarray(from, from + length));
      if (crc32(payload) !== header.readUInt32LE(16)) {
        this.#passBroken();
        continue;
      }
      const kind = MESSAGE_KINDS[header[4] as number] as MessageKind;
      const message = { kind, session: header.readUInt32LE(8), payload, afterGap: this.#lost };
      this.#lost = false;
      this.#broken = 0;
      this.#start = from + length;
      return message;
    }
  }

  /** To where a message may begin; a part of the magic at the end may become one. */
  #findMagic(): void {
    const held = this.#held.subarray(this.#start, this.#end);
    const whole = held.indexOf(MAGIC);
    this.#skip(whole >= 0 ? whole : held.length - beginsMagic(held));
  }

  /** The sender left amid this message, and another's may begin anywhere in what was taken for its payload. */
  #passBroken(): void {
    this.#broken += 1;
    const hopeless = this.#broken >= BROKEN_IN_A_ROW;
    if (hopeless) this.#broken = 0;
    this.#skip(hopeless ? this.#end - this.#start : 1);
  }

  #skip(bytes: number): void {
    if (bytes === 0) return;
    if (!this.#lost) this.malformed += 1;
    this.#lost = true;
    this.skippedBytes += bytes;
    this.#start += bytes;
  }
}

/** @returns null where this is no header */
function lengthIn(header: Buffer): number | null {
  const length = header.readUInt32LE(12);
  const isOne =
    crc32(header.subarray(0, CHECKED_BYTES)) === header.readUInt32LE(CHECKED_BYTES) &&
    (header[4] as number) < MESSAGE_KINDS.length &&
    length <= MESSAGE_MAX_BYTES;
  return isOne ? length : null;
}

/** How many of the last bytes are the first ones of the magic. */
function beginsMagic(bytes: Buffer): number {
  let length = Math.min(MAGIC.length - 1, bytes.length);
  while (length > 0 && !bytes.subarray(bytes.length - length).equals(MAGIC.subarray(0, length))) length--;
  return length;
}
