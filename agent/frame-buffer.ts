/**
 * Frames the server has not acknowledged yet, oldest first, within a byte
 * budget. When it is full the oldest frame goes, and its records are counted:
 * after an outage the newest requests are what people look at.
 */
import { FRAME_HEADER_BYTES, FRAME_MAX_RECORDS, writeFrameHeader } from '../server/wire/frame.ts';
import { RECORD_BYTES } from '../server/wire/record.ts';

interface HeldFrame {
  sequence: number;
  count: number;
  bytes: Uint8Array;
}

/** Frames dropped after they were sent have arrived if the connection lasts; so many are remembered until that is known. */
const DOUBTFUL_MOST = 4096;

/** Fills `target` from `at` with at most `most` records; returns how many. */
export type TakeRecords = (target: Uint8Array, at: number, most: number) => number;

export class FrameBuffer {
  readonly #budgetBytes: number;
  #frames: HeldFrame[] = [];
  #heldBytes = 0;
  #sequence = 0;
  #sent = 0;
  /** Dropped, and sent before: lost where the server turns out not to have them. */
  #doubtful: Pick<HeldFrame, 'sequence' | 'count'>[] = [];
  /** Records taken in, and records lost because the budget was used up. */
  records = 0;
  dropped = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** Make one frame of what `take` has, at most `waiting` records. @returns the number of records */
  fill(waiting: number, take: TakeRecords, nowNs: bigint): number {
    const room = Math.min(Math.ceil(waiting), FRAME_MAX_RECORDS);
    if (room < 1) return 0;
    const bytes = new Uint8Array(FRAME_HEADER_BYTES + room * RECORD_BYTES);
    const count = take(bytes, FRAME_HEADER_BYTES, room);
    if (count === 0) return 0;
    this.records += count;
    this.#sequence += 1;
    const frame = {
      sequence: this.#sequence,
      count,
      bytes: bytes.subarray(0, FRAME_HEADER_BYTES + count * RECORD_BYTES),
    };
    this.#makeRoom(frame.bytes.length);
    writeFrameHeader(frame.bytes, { ...frame, lost: BigInt(this.dropped), sentNs: nowNs });
    this.#frames.push(frame);
    this.#heldBytes += frame.bytes.length;
    return count;
  }

  #makeRoom(bytes: number): void {
    while (this.#heldBytes + bytes > this.#budgetBytes && this.#frames.length > 0) {
      const { sequence, count, bytes: oldest } = this.#frames.shift() as HeldFrame;
      this.#heldBytes -= oldest.length;
      if (this.#sent === 0) this.dropped += count;
      else {
        this.#sent -= 1;
        this.#doubt(sequence, count);
      }
    }
  }

  #doubt(sequence: number, count: number): void {
    this.#doubtful.push({ sequence, count });
    if (this.#doubtful.length > DOUBTFUL_MOST) this.dropped += this.#doubtful.shift()?.count ?? 0;
  }

  /** The next frame that was not sent on this connection, or null. */
  next(): Uint8Array | null {
    const frame = this.#frames[this.#sent];
    if (!frame) return null;
    this.#sent += 1;
    return frame.bytes;
  }

  /** Everything up to `sequence` is safe with the server. */
  acknowledge(sequence: number): void {
    while (this.#frames[0] && this.#frames[0].sequence <= sequence) {
      this.#heldBytes -= (this.#frames.shift() as HeldFrame).bytes.length;
      this.#sent = Math.max(0, this.#sent - 1);
    }
    while (this.#doubtful[0] && this.#doubtful[0].sequence <= sequence) this.#doubtful.shift();
  }

  /** A new connection to a server that has everything up to `received`: send the rest again; what was dropped of it is lost. */
  rewind(received: number): void {
    this.#sent = this.#frames.filter((frame) => frame.sequence <= received).length;
    for (const { sequence, count } of this.#doubtful) if (sequence > received) this.dropped += count;
    this.#doubtful = this.#doubtful.filter(({ sequence }) => sequence <= received);
  }

  /** Frames not acknowledged yet. */
  get held(): number {
    return this.#frames.length;
  }
}
