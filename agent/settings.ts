/** The bytes of `struct hop_settings` (agent/bpf/settings.h), fixed before load. */

export interface Settings {
  quietNs: bigint;
  stallNs: bigint;
  idleNs: bigint;
  /** Inode of /proc/self/ns/net: tracepoints fire for every namespace. */
  netns: number;
  wakeBytes: number;
  captureHttp: boolean;
  entrySlot: number;
  exitSlot: number;
  ports: readonly number[];
}

const PORTS_AT = 48;
export const SETTINGS_BYTES = PORTS_AT + 8192;

/** A finished response is emitted 40 ms after its last byte, an unfinished one after 2 s. */
export const DEFAULT_TIMES = {
  quietNs: 40_000_000n,
  stallNs: 2_000_000_000n,
  idleNs: 60_000_000_000n,
} as const;

export function settingsBytes(settings: Settings): Uint8Array {
  const bytes = new Uint8Array(SETTINGS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, settings.quietNs, true);
  view.setBigUint64(8, settings.stallNs, true);
  view.setBigUint64(16, settings.idleNs, true);
  view.setUint32(24, settings.netns, true);
  view.setUint32(28, settings.wakeBytes, true);
  view.setUint32(32, settings.captureHttp ? 1 : 0, true);
  view.setUint32(36, settings.entrySlot, true);
  view.setUint32(40, settings.exitSlot, true);
  for (const port of settings.ports) {
    const at = PORTS_AT + (port >> 3);
    bytes[at] = (bytes[at] as number) | (1 << (port & 7));
  }
  return bytes;
}
