/** What is at the other end of a frame buffer, as a model; and records to fill it with. */
import fc from 'fast-check';
import type { FrameBuffer } from '../../agent/frame-buffer.ts';
import { FRAME_HEADER_BYTES, type Frame, readFrame } from '../../server/wire/frame.ts';
import { RECORD_BYTES } from '../../server/wire/record.ts';

export const bytesOf = (records: number) => FRAME_HEADER_BYTES + records * RECORD_BYTES;

/** `count` records, each filled with the number of records before it (mod 256). */
export function generate(buffer: FrameBuffer, count: number, nowNs = 42n): number {
  return buffer.fill(
    count,
    (target, at, most) => {
      const given = Math.min(most, count);
      for (let i = 0; i < given; i++)
        target.fill((buffer.records + i) & 0xff, at + i * RECORD_BYTES, at + (i + 1) * RECORD_BYTES);
      return given;
    },
    nowNs,
  );
}

export function next(buffer: FrameBuffer): Frame | null {
  const bytes = buffer.next();
  if (!bytes) return null;
  const read = readFrame(bytes);
  if (!read.ok) throw new Error(read.message);
  return read.frame;
}

type Step = 'send' | 'arrive' | 'ack' | 'cut' | 'welcome';
type Operation = { do: 'generate'; count: number } | { do: Step };

export const OPERATION: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ do: fc.constant('generate' as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ do: fc.constantFrom<Step>('send', 'arrive', 'ack', 'cut', 'welcome') }),
);

/** The other end: a line that keeps order and can be cut, and a server that takes each frame once. */
export class Line {
  /** Its successor where the process was killed. */
  buffer: FrameBuffer;
  delivered = 0;
  /** What each record was filled with, in the order of arrival. */
  readonly fillings: number[] = [];
  #connected = true;
  #underway: Frame[] = [];
  #highest = 0;

  constructor(buffer: FrameBuffer) {
    this.buffer = buffer;
  }

  do(operation: Operation): void {
    if (operation.do === 'generate') generate(this.buffer, operation.count);
    else this[operation.do]();
  }

  send(): void {
    const frame = this.#connected ? next(this.buffer) : null;
    if (frame) this.#underway.push({ ...frame, records: frame.records.slice() });
  }

  arrive(): void {
    const frame = this.#underway.shift();
    if (!frame || frame.sequence <= this.#highest) return;
    this.#highest = frame.sequence;
    this.delivered += frame.count;
    for (let i = 0; i < frame.count; i++) this.fillings.push(frame.records[i * RECORD_BYTES] as number);
  }

  ack(): void {
    if (this.#connected) this.buffer.acknowledge(this.#highest);
  }

  cut(): void {
    this.#connected = false;
    this.#underway = [];
  }

  welcome(): void {
    if (this.#connected) return;
    this.#connected = true;
    this.buffer.rewind(this.#highest);
  }

  /** @param records that there may be */
  finish(records = this.buffer.records): void {
    this.welcome();
    for (let i = 0; i <= records; i++) {
      this.send();
      this.arrive();
    }
    while (this.#underway.length > 0) this.arrive();
    this.ack();
  }
}
