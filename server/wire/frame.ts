/**
 * A frame carries whole records from an agent to the server, undecoded.
 * Layout (little-endian): magic u32, version u16, record bytes u16,
 * sequence u32, count u32, lost u64 (records this agent dropped so far),
 * sentNs u64 (agent's CLOCK_MONOTONIC at sending), then count records.
 */
import { RECORD_BYTES } from './record.ts';

export const FRAME_MAGIC = 0x46504f48; // "HOPF"
export const PROTOCOL_VERSION = 1;
export const FRAME_HEADER_BYTES = 32;
/** 1,024 records: 256 KiB, the largest frame either side accepts. */
export const FRAME_MAX_RECORDS = 1024;
export const FRAME_MAX_BYTES = FRAME_HEADER_BYTES + FRAME_MAX_RECORDS * RECORD_BYTES;

export interface Frame {
  sequence: number;
  count: number;
  lost: bigint;
  sentNs: bigint;
  /** count × RECORD_BYTES bytes, a view and not a copy; 4-byte aligned when the frame was. */
  records: Uint8Array;
}

export type FrameFault = 'short' | 'magic' | 'version' | 'record-size' | 'count' | 'length';
export type FrameResult = { ok: true; frame: Frame } | { ok: false; fault: FrameFault; message: string };

/** Write the 32-byte header in front of `count` records already in `target`. */
export function writeFrameHeader(target: Uint8Array, frame: Omit<Frame, 'records'>): void {
  const view = new DataView(target.buffer, target.byteOffset, FRAME_HEADER_BYTES);
  view.setUint32(0, FRAME_MAGIC, true);
  view.setUint16(4, PROTOCOL_VERSION, true);
  view.setUint16(6, RECORD_BYTES, true);
  view.setUint32(8, frame.sequence, true);
  view.setUint32(12, frame.count, true);
  view.setBigUint64(16, frame.lost, true);
  view.setBigUint64(24, frame.sentNs, true);
}

function fault(name: FrameFault, message: string): FrameResult {
  return { ok: false, fault: name, message };
}

/** Read one frame. Every malformed input is a value, never a throw. */
export function readFrame(bytes: Uint8Array): FrameResult {
  if (bytes.length < FRAME_HEADER_BYTES) {
    return fault('short', `frame of ${bytes.length} bytes is shorter than its ${FRAME_HEADER_BYTES}-byte header`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== FRAME_MAGIC) return fault('magic', 'not a Hopscope frame');
  const version = view.getUint16(4, true);
  if (version !== PROTOCOL_VERSION) {
    return fault('version', `frame of protocol ${version}, this server speaks ${PROTOCOL_VERSION}`);
  }
  const size = view.getUint16(6, true);
  if (size !== RECORD_BYTES) return fault('record-size', `records of ${size} bytes, expected ${RECORD_BYTES}`);
  const count = view.getUint32(12, true);
  if (count === 0 || count > FRAME_MAX_RECORDS) {
    return fault('count', `${count} records in a frame, allowed are 1 to ${FRAME_MAX_RECORDS}`);
  }
  const expected = FRAME_HEADER_BYTES + count * RECORD_BYTES;
  if (bytes.length !== expected) return fault('length', `frame of ${bytes.length} bytes, expected ${expected}`);
  return {
    ok: true,
    frame: {
      sequence: view.getUint32(8, true),
      count,
      lost: view.getBigUint64(16, true),
      sentNs: view.getBigUint64(24, true),
      records: bytes.subarray(FRAME_HEADER_BYTES),
    },
  };
}
