/** This machine's clocks at one moment: by them the server tells a suspend, a set clock and a slew from each other. */
import type { ClockReading } from '../server/wire/messages.ts';
import { system } from './libbpf.ts';

/** linux/time.h */
const CLOCKS = { realtimeNs: 0, monotonicNs: 1, rawNs: 4, boottimeNs: 7 } as const;
/** Of so many readings the one that took least time counts: another program may run in the middle of one. */
const READINGS = 3;

const buffer = new Uint8Array(16);
const timespec = new DataView(buffer.buffer);

function readNs(clock: number): bigint {
  system.clockGettime(clock, buffer);
  return timespec.getBigInt64(0, true) * 1_000_000_000n + timespec.getBigInt64(8, true);
}

export function readClocks(): ClockReading {
  const readings = Array.from({ length: READINGS }, readOnce);
  return readings.reduce((best, next) => (next.withinNs < best.withinNs ? next : best));
}

/** The monotonic clock first and last: in its middle all others were read. */
function readOnce(): ClockReading {
  const before = readNs(CLOCKS.monotonicNs);
  const realtime = readNs(CLOCKS.realtimeNs);
  const boottime = readNs(CLOCKS.boottimeNs);
  const raw = readNs(CLOCKS.rawNs);
  const after = readNs(CLOCKS.monotonicNs);
  return {
    monotonicNs: String((before + after) / 2n),
    realtimeNs: String(realtime),
    boottimeNs: String(boottime),
    rawNs: String(raw),
    withinNs: Number(after - before),
  };
}
