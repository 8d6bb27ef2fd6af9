/** The bytes of `struct hop_settings` (agent/bpf/settings.h), fixed before load. */
import type { Vantage } from '../server/wire/stations.ts';

export interface Settings {
  quietNs: bigint;
  stallNs: bigint;
  idleNs: bigint;
  /** Inode of /proc/self/ns/net: tracepoints fire for every namespace. */
  netns: number;
  /** Wake the reader once in so many records. */
  wakeRecords: number;
  captureHttp: boolean;
  entrySlot: number;
  exitSlot: number;
  /** Bit per slot whose station is attached. */
  present: number;
  /** Entries of the flow table, less one: a power of two less one. */
  flowMask: number;
  /** Of the flow table's hash, 32 bits. */
  seed: number;
  ports: readonly number[];
}

const PORTS_AT = 56;
export const SETTINGS_BYTES = PORTS_AT + 8192;

/**
 * A finished response is emitted when it has been quiet, an unfinished one
 * after 2 s. The host waits longer than the guest: where a response pauses
 * between the two times, one vantage has all of it, and the server waits for
 * the other's second record.
 */
const COMMON_TIMES = { stallNs: 2_000_000_000n, idleNs: 60_000_000_000n };
export const DEFAULT_TIMES: Readonly<Record<Vantage, { quietNs: bigint; stallNs: bigint; idleNs: bigint }>> = {
  guest: { quietNs: 15_000_000n, ...COMMON_TIMES },
  host: { quietNs: 150_000_000n, ...COMMON_TIMES },
};

export function settingsBytes(settings: Settings): Uint8Array {
  const bytes = new Uint8Array(SETTINGS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, settings.quietNs, true);
  view.setBigUint64(8, settings.stallNs, true);
  view.setBigUint64(16, settings.idleNs, true);
  view.setUint32(24, settings.netns, true);
  view.setUint32(28, settings.wakeRecords, true);
  view.setUint32(32, settings.captureHttp ? 1 : 0, true);
  view.setUint32(36, settings.entrySlot, true);
  view.setUint32(40, settings.exitSlot, true);
  view.setUint32(44, settings.present, true);
  view.setUint32(48, settings.flowMask, true);
  view.setUint32(52, settings.seed, true);
  for (const port of settings.ports) {
    const at = PORTS_AT + (port >> 3);
    bytes[at] = (bytes[at] as number) | (1 << (port & 7));
  }
  return bytes;
}
