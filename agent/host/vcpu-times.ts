/**
 * How long the vCPU threads of each VM ran, and how long they were ready and had no
 * CPU of the host: the first two numbers of a thread's schedstat. QEMU names these
 * threads where it is told to (`-name guest=…,debug-threads=on`), as libvirt does.
 */
import { readdirSync } from 'node:fs';
import type { VmInfo } from '../../server/wire/messages.ts';
import { readText } from '../machine.ts';

const VCPU_THREAD = /^(CPU \d+|ALL CPUs)\/(KVM|TCG|HVF)/;
/** Threads are looked for again after this: vCPUs can be added. */
const LOOK_EVERY_MS = 10_000;

interface Threads {
  ids: readonly string[];
  lookedMs: number;
  /** Of all its threads so far, ns. */
  ranNs: number;
  waitedNs: number;
  atMs: number;
}

/** Seconds per second since the last call, of all vCPU threads of a VM together; by the VM's name. */
export interface VcpuShares {
  /** On a CPU. */
  time: Record<string, number>;
  /** Ready, and without one. */
  delay: Record<string, number>;
}

export class VcpuTimes {
  readonly #vms = new Map<number, Threads>();
  readonly #proc: string;

  constructor(proc = '/proc') {
    this.#proc = proc;
  }

  /**
   * @param vms those there are now; a VM with several taps comes several times
   * @returns without the VMs that are new, or whose threads have no names
   */
  sample(vms: readonly VmInfo[], atMs = performance.now()): VcpuShares {
    for (const pid of this.#vms.keys()) if (!vms.some((vm) => vm.pid === pid)) this.#vms.delete(pid);
    const shares: VcpuShares = { time: {}, delay: {} };
    const processes = new Map(vms.filter((vm) => vm.pid > 0).map((vm) => [vm.pid, vm.name]));
    for (const [pid, name] of processes) {
      const own = this.#sampleOne(pid, atMs);
      if (own === null) continue;
      shares.time[name] = own.time;
      shares.delay[name] = own.delay;
    }
    return shares;
  }

  #sampleOne(pid: number, atMs: number): { time: number; delay: number } | null {
    const before = this.#vms.get(pid);
    const fresh = before === undefined || before.ids.length === 0 || atMs - before.lookedMs >= LOOK_EVERY_MS;
    const ids = fresh ? this.#threadsOf(pid) : before.ids;
    const now = { ids, lookedMs: fresh ? atMs : before.lookedMs, ...this.#timesOf(pid, ids), atMs };
    this.#vms.set(pid, now);
    const same = before !== undefined && before.ids.join() === ids.join() && ids.length > 0;
    if (!same || atMs <= before.atMs) return null;
    const perSecond = (ns: number) => Math.max(0, ns / 1e6 / (atMs - before.atMs));
    const shares = { time: perSecond(now.ranNs - before.ranNs), delay: perSecond(now.waitedNs - before.waitedNs) };
    return Number.isNaN(shares.time + shares.delay) ? null : shares;
  }

  #timesOf(pid: number, ids: readonly string[]): Pick<Threads, 'ranNs' | 'waitedNs'> {
    let [ranNs, waitedNs] = [0, 0];
    for (const id of ids) {
      const [ran, waited] = readText(`${this.#proc}/${pid}/task/${id}/schedstat`).split(' ');
      ranNs += Number(ran || Number.NaN);
      waitedNs += Number(waited);
    }
    return { ranNs, waitedNs };
  }

  #threadsOf(pid: number): string[] {
    const task = `${this.#proc}/${pid}/task`;
    try {
      return readdirSync(task).filter((id) => VCPU_THREAD.test(readText(`${task}/${id}/comm`)));
    } catch {
      return []; // the process ended
    }
  }
}
