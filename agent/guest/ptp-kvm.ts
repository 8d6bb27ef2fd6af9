/**
 * Exact pairing under KVM: the hypervisor reads the host's wall clock and the
 * guest's TSC at one instant, and the guest's kernel tells what its own clocks
 * showed then (ioctl PTP_SYS_OFFSET_PRECISE, linux/ptp_clock.h). It needs the
 * module ptp_kvm in the guest and the clocksource tsc on the host.
 */
import { closeSync, openSync, readdirSync } from 'node:fs';
import type { ClockPairing } from '../../server/wire/messages.ts';
import { lastError, system } from '../libbpf.ts';
import { readText } from '../machine.ts';

const CLOCK_NAME = 'KVM virtual PTP';
/** _IOWR('=', 8, struct ptp_sys_offset_precise) */
const PTP_SYS_OFFSET_PRECISE = 0xc0403d08;
/** struct ptp_sys_offset_precise: three times { s64 sec, u32 nsec, u32 reserved }, and a reserve. */
const PRECISE_BYTES = 64;
const DEVICE_AT = 0;
const REALTIME_AT = 16;

/** What an ioctl gave: host's and guest's CLOCK_REALTIME at one instant. */
export function readPrecise(bytes: Uint8Array): ClockPairing {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ns = (at: number) => view.getBigInt64(at, true) * 1_000_000_000n + BigInt(view.getUint32(at + 8, true));
  return { hostRealtimeNs: String(ns(DEVICE_AT)), guestRealtimeNs: String(ns(REALTIME_AT)) };
}

export class PtpKvm {
  #fd = -1;
  #reason = '';

  /** @param sys @param dev where the kernel shows its PTP clocks */
  constructor(sys = '/sys/class/ptp', dev = '/dev') {
    const clock = listed(sys).find((name) => readText(`${sys}/${name}/clock_name`) === CLOCK_NAME);
    if (clock === undefined) {
      this.#reason = `no "${CLOCK_NAME}" in ${sys}: under KVM, modprobe ptp_kvm in the guest`;
      return;
    }
    try {
      this.#fd = openSync(`${dev}/${clock}`, 'r');
    } catch (error) {
      this.#reason = (error as Error).message;
    }
  }

  /** Why the last sample gave nothing; empty where it gave a pairing. */
  get reason(): string {
    return this.#reason;
  }

  sample(): ClockPairing | null {
    if (this.#fd < 0) return null;
    const bytes = new Uint8Array(PRECISE_BYTES);
    if ((system.ioctl(this.#fd, PTP_SYS_OFFSET_PRECISE, bytes) as number) !== 0) {
      this.#reason = `ptp_kvm cannot pair: ${lastError()} (the host's clocksource has to be tsc)`;
      return null;
    }
    this.#reason = '';
    return readPrecise(bytes);
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
