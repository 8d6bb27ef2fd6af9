/**
 * Frames on disk, in files of at most {@link SEGMENT_BYTES}, each frame as it
 * goes over the wire. Nothing is fsynced: what a killed process wrote is there,
 * and what a machine loses with its power nobody could join any more, as its
 * clock begins anew.
 */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { FRAME_HEADER_BYTES, FRAME_MAX_RECORDS, readFrame } from '../../server/wire/frame.ts';
import { RECORD_BYTES } from '../../server/wire/record.ts';

export const SEGMENT_BYTES = 4 << 20;
/** A disk that refused a frame is asked again after this. */
const RETRY_NS = 10_000_000_000n;
const SUFFIX = '.frames';
/** See server/wire/frame.ts. */
const SEQUENCE_AT = 8;
const COUNT_AT = 12;
/** Holds the highest acknowledged sequence, u32 little-endian: of a file that is half acknowledged the rest is sent. */
const ACKED = 'acked';

/** One file: frames that follow one another, `ends` their ends in it. */
interface Segment {
  readonly path: string;
  readonly first: number;
  readonly ends: number[];
}

export interface FrameSize {
  sequence: number;
  count: number;
}

/** Is told once when the disk begins to refuse, and once when it takes frames again. */
export type TellTrouble = (line: string) => void;

export class FrameSegments {
  readonly folder: string;
  readonly #segmentBytes: number;
  readonly #tell: TellTrouble;
  #segments: Segment[] = [];
  #writing: number | null = null;
  #reading: { segment: Segment; fd: number } | null = null;
  #acked: number | null = null;
  #retryNs = 0n;
  /** The highest sequence that a process before this one knew to be acknowledged. */
  acknowledged = 0;
  /** Of all segments. */
  bytes = 0;
  /** Calls that the file system refused. */
  errors = 0;
  /** Records of what ends amid a frame, or is none: found when the folder was read. */
  torn = 0;

  constructor(folder: string, tell: TellTrouble, segmentBytes = SEGMENT_BYTES) {
    this.folder = folder;
    this.#tell = tell;
    this.#segmentBytes = segmentBytes;
  }

  /** What a process that is gone has left in `folder`; throws what the file system says. */
  static read(folder: string, tell: TellTrouble): FrameSegments {
    const segments = new FrameSegments(folder, tell);
    segments.acknowledged = acknowledgedIn(folder);
    for (const name of readdirSync(folder).sort()) if (name.endsWith(SUFFIX)) segments.#take(join(folder, name));
    return segments;
  }

  #take(path: string): void {
    const { first, ends, torn } = framesIn(readFileSync(path));
    this.torn += torn;
    if (ends.length === 0) unlinkSync(path);
    else this.#segments.push({ path, first, ends });
    this.bytes += ends.at(-1) ?? 0;
  }

  /**
   * Write a frame behind the others; its sequence is above theirs.
   * @param nowNs of any clock, to ask a disk that refused again @returns whether it is on disk
   */
  append(sequence: number, frame: Uint8Array, nowNs: bigint): boolean {
    if (nowNs < this.#retryNs) return false;
    try {
      this.#write(sequence, frame);
    } catch (error) {
      this.#seal();
      if (this.#retryNs === 0n) this.#tell(`${reason(error)}: frames stay in memory only; make room or check the disk`);
      this.#retryNs = nowNs + RETRY_NS;
      this.errors += 1;
      return false;
    }
    if (this.#retryNs !== 0n) this.#tell('takes frames again');
    this.#retryNs = 0n;
    return true;
  }

  #write(sequence: number, frame: Uint8Array): void {
    if (sizeOf(this.#segments.at(-1)) + frame.length > this.#segmentBytes) this.#seal();
    if (this.#writing === null) this.#begin(sequence);
    const { ends } = this.#segments.at(-1) as Segment;
    const at = ends.at(-1) ?? 0;
    for (let done = 0; done < frame.length; ) {
      done += writeSync(this.#writing as number, frame, done, frame.length - done, at + done);
    }
    ends.push(at + frame.length);
    this.bytes += frame.length;
  }

  #begin(sequence: number): void {
    const path = join(this.folder, `${String(sequence).padStart(10, '0')}${SUFFIX}`);
    this.#writing = openSync(path, 'w');
    this.#segments.push({ path, first: sequence, ends: [] });
  }

  /** The newest file gets no more frames; half of one is cut off. */
  #seal(): void {
    if (this.#writing === null) return;
    const newest = this.#segments.at(-1) as Segment;
    this.#try(() => ftruncateSync(this.#writing as number, sizeOf(newest)));
    closeSync(this.#writing);
    this.#writing = null;
    if (newest.ends.length === 0) this.#unlink(this.#segments.length - 1);
  }

  /** The first sequence on disk above this one, or null. */
  after(sequence: number): number | null {
    const segment = this.#segments.find((each) => lastOf(each) > sequence);
    return segment ? Math.max(segment.first, sequence + 1) : null;
  }

  has(sequence: number): boolean {
    return this.after(sequence - 1) === sequence;
  }

  /** How many frames have sequences above `after` and below `before`. */
  between(after: number, before: number): number {
    let frames = 0;
    for (const segment of this.#segments) {
      frames += Math.max(0, Math.min(lastOf(segment), before - 1) - Math.max(segment.first - 1, after));
    }
    return frames;
  }

  /** One frame that {@link has} says is here; null where it cannot be read any more. */
  read(sequence: number): Uint8Array | null {
    const segment = this.#segmentOf(sequence);
    if (!segment) return null;
    const index = sequence - segment.first;
    const from = segment.ends[index - 1] ?? 0;
    const frame = new Uint8Array((segment.ends[index] as number) - from);
    const isRead = this.#try(() => readSync(this.#fdOf(segment), frame, 0, frame.length, from) === frame.length);
    const read = readFrame(frame);
    return isRead && read.ok && read.frame.sequence === sequence ? frame : null;
  }

  #segmentOf(sequence: number): Segment | undefined {
    return this.#segments.find(({ first, ends }) => first <= sequence && sequence < first + ends.length);
  }

  /** Frames are read one after the other: one file is open at a time. */
  #fdOf(segment: Segment): number {
    if (this.#reading?.segment === segment) return this.#reading.fd;
    this.#endReading();
    const fd = openSync(segment.path, 'r');
    this.#reading = { segment, fd };
    return fd;
  }

  #endReading(): void {
    if (this.#reading) closeSync(this.#reading.fd);
    this.#reading = null;
  }

  /** Everything up to `sequence` is acknowledged: files with nothing else are removed. */
  release(sequence: number): void {
    while (this.#segments[0] && lastOf(this.#segments[0]) <= sequence) this.#unlink(0);
    if ((this.#segments[0]?.first ?? Number.POSITIVE_INFINITY) <= sequence) this.#try(() => this.#noteAcked(sequence));
  }

  #noteAcked(sequence: number): boolean {
    this.#acked ??= openSync(join(this.folder, ACKED), 'w');
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, sequence, true);
    return writeSync(this.#acked, bytes, 0, 4, 0) === 4;
  }

  /** Remove the file with this frame, or the oldest one. @returns what was in it; empty where there is none */
  drop(sequence = this.#segments[0]?.first ?? 0): FrameSize[] {
    const segment = this.#segmentOf(sequence);
    if (!segment) return [];
    this.#unlink(this.#segments.indexOf(segment));
    return segment.ends.map((end, i) => ({
      sequence: segment.first + i,
      count: (end - (segment.ends[i - 1] ?? 0) - FRAME_HEADER_BYTES) / RECORD_BYTES,
    }));
  }

  #unlink(index: number): void {
    const [segment] = this.#segments.splice(index, 1) as [Segment];
    if (this.#reading?.segment === segment) this.#endReading();
    if (this.#writing !== null && index === this.#segments.length) {
      closeSync(this.#writing);
      this.#writing = null;
    }
    this.bytes -= sizeOf(segment);
    this.#try(() => unlinkSync(segment.path));
  }

  /** @returns whether it did not fail, and was not false */
  #try(call: () => unknown): boolean {
    try {
      if (call() !== false) return true;
    } catch {
      // counted with the calls that did less than they should
    }
    this.errors += 1;
    return false;
  }

  /** Let go of the files; they stay. */
  close(): void {
    this.#seal();
    this.#endReading();
    if (this.#acked !== null) closeSync(this.#acked);
    this.#acked = null;
  }
}

function sizeOf(segment: Segment | undefined): number {
  return segment?.ends.at(-1) ?? 0;
}

function lastOf({ first, ends }: Segment): number {
  return first + ends.length - 1;
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

function acknowledgedIn(folder: string): number {
  try {
    return readFileSync(join(folder, ACKED)).readUInt32LE(0);
  } catch {
    return 0; // nothing was, of what is here
  }
}

/** The whole frames that a file begins with, and how many records what follows them may have had. */
function framesIn(bytes: Buffer): { first: number; ends: number[]; torn: number } {
  const first = bytes.length < FRAME_HEADER_BYTES ? 0 : bytes.readUInt32LE(SEQUENCE_AT);
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; at = ends.at(-1) as number) {
    const end = at + frameBytesAt(bytes, at);
    const read = readFrame(bytes.subarray(at, end));
    if (!read.ok) return { first, ends, torn: read.fault === 'length' ? countAt(bytes, at) : recordsAfter(bytes, at) };
    if (read.frame.sequence !== first + ends.length) return { first, ends, torn: recordsAfter(bytes, at) };
    ends.push(end);
  }
  return { first, ends, torn: 0 };
}

function countAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + COUNT_AT);
}

/** As its header says; less than any frame where there is none. */
function frameBytesAt(bytes: Buffer, at: number): number {
  if (bytes.length - at < FRAME_HEADER_BYTES) return 1;
  return FRAME_HEADER_BYTES + Math.min(countAt(bytes, at), FRAME_MAX_RECORDS) * RECORD_BYTES;
}

function recordsAfter(bytes: Buffer, at: number): number {
  return Math.max(1, Math.ceil((bytes.length - at - FRAME_HEADER_BYTES) / RECORD_BYTES));
}
