/**
 * Frames the server has not acknowledged yet, oldest first, within a byte
 * budget in memory and, where there is one, another on disk. Every frame goes
 * to disk as it is made; beyond memory's budget the oldest are there only. What
 * neither has room for is lost, the oldest first, and its records are counted:
 * after an outage the newest requests are what people look at.
 */
import { FRAME_HEADER_BYTES, FRAME_MAX_RECORDS, writeFrameHeader } from '../server/wire/frame.ts';
import { RECORD_BYTES } from '../server/wire/record.ts';
import type { DiskBudget } from './buffer/disk-budget.ts';
import type { FrameSegments, FrameSize } from './buffer/frame-segments.ts';

interface HeldFrame extends FrameSize {
  bytes: Uint8Array;
}

/** Frames dropped after they were sent have arrived if the connection lasts; so many are remembered until that is known. */
const DOUBTFUL_MOST = 4096;

/** Fills `target` from `at` with at most `most` records; returns how many. */
export type TakeRecords = (target: Uint8Array, at: number, most: number) => number;

export interface DiskShare {
  segments: FrameSegments;
  /** What all buffers of the directory may take together. */
  budget: DiskBudget;
}

export class FrameBuffer {
  readonly #budgetBytes: number;
  readonly #disk: DiskShare | null;
  /** The newest ones, one after the other. */
  #frames: HeldFrame[] = [];
  #heldBytes = 0;
  #sequence = 0;
  /** Sequences: of the last frame that was sent on this connection, of the last that is safe. */
  #sent = 0;
  #acked = 0;
  /** Dropped, and sent before: lost where the server turns out not to have them. */
  #doubtful: FrameSize[] = [];
  /** Records taken in, and records lost because the budget was used up. */
  records = 0;
  dropped = 0;

  /** @param disk new, or with frames of a process that is gone: then no more are made here */
  constructor(budgetBytes: number, disk: DiskShare | null = null) {
    this.#budgetBytes = budgetBytes;
    this.#disk = disk;
    if (disk) disk.budget.add(this);
    if (disk) this.acknowledge(disk.segments.acknowledged);
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
    this.#keep(count, bytes.subarray(0, FRAME_HEADER_BYTES + count * RECORD_BYTES), nowNs);
    return count;
  }

  #keep(count: number, bytes: Uint8Array, nowNs: bigint): void {
    const frame = { sequence: this.#sequence, count, bytes };
    this.#makeRoom(bytes.length);
    this.#disk?.budget.makeRoom(bytes.length);
    writeFrameHeader(bytes, { ...frame, lost: BigInt(this.dropped), sentNs: nowNs });
    this.#disk?.segments.append(frame.sequence, bytes, nowNs);
    this.#frames.push(frame);
    this.#heldBytes += bytes.length;
  }

  #makeRoom(bytes: number): void {
    while (this.#heldBytes + bytes > this.#budgetBytes && this.#frames.length > 0) {
      const oldest = this.#frames.shift() as HeldFrame;
      this.#heldBytes -= oldest.bytes.length;
      if (!this.#disk?.segments.has(oldest.sequence)) this.#lose(oldest);
    }
  }

  /** Remove the oldest file; what is in no other place is lost. @returns whether there was one */
  dropSegment(sequence?: number): boolean {
    const dropped = this.#disk?.segments.drop(sequence) ?? [];
    for (const frame of dropped) {
      if (frame.sequence > this.#acked && frame.sequence < this.#firstInMemory) this.#lose(frame);
    }
    return dropped.length > 0;
  }

  #lose({ sequence, count }: FrameSize): void {
    if (sequence > this.#sent) {
      this.dropped += count;
      return;
    }
    this.#doubtful.push({ sequence, count });
    if (this.#doubtful.length > DOUBTFUL_MOST) this.dropped += this.#doubtful.shift()?.count ?? 0;
  }

  /** The next frame that was not sent on this connection, or null. */
  next(): Uint8Array | null {
    for (let sequence = this.#nextSequence(); sequence !== null; sequence = this.#nextSequence()) {
      const bytes = this.#frames[sequence - this.#firstInMemory]?.bytes ?? this.#disk?.segments.read(sequence);
      if (bytes) {
        this.#sent = sequence;
        return bytes;
      }
      this.dropSegment(sequence);
    }
    return null;
  }

  #nextSequence(): number | null {
    const sent = Math.max(this.#sent, this.#acked);
    if (sent + 1 >= this.#firstInMemory) return sent < this.#sequence ? sent + 1 : null;
    const next = Math.min(this.#disk?.segments.after(sent) ?? Number.POSITIVE_INFINITY, this.#firstInMemory);
    return Number.isFinite(next) ? next : null;
  }

  get #firstInMemory(): number {
    return this.#frames[0]?.sequence ?? Number.POSITIVE_INFINITY;
  }

  /** Everything up to `sequence` is safe with the server. */
  acknowledge(sequence: number): void {
    const safe = this.#frames.splice(0, Math.max(0, sequence - this.#firstInMemory + 1));
    for (const { bytes } of safe) this.#heldBytes -= bytes.length;
    if (sequence <= this.#acked) return;
    this.#doubtful = this.#doubtful.filter((frame) => frame.sequence > sequence);
    this.#acked = sequence;
    this.#disk?.segments.release(sequence);
  }

  /** A new connection to a server that has everything up to `received`: send the rest again; what was dropped of it is lost. */
  rewind(received: number): void {
    this.#sent = received;
    for (const { sequence, count } of this.#doubtful) if (sequence > received) this.dropped += count;
    this.#doubtful = this.#doubtful.filter(({ sequence }) => sequence <= received);
  }

  /** Whether {@link next} has no more, for now. */
  get isSent(): boolean {
    return this.#nextSequence() === null;
  }

  /** Frames not acknowledged yet. */
  get held(): number {
    return this.#frames.length + (this.#disk?.segments.between(this.#acked, this.#firstInMemory) ?? 0);
  }

  /** Bytes on disk. */
  get diskBytes(): number {
    return this.#disk?.segments.bytes ?? 0;
  }
}
