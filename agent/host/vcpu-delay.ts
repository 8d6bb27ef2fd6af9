/**
 * How long the vCPU threads of each VM were ready and had no CPU of the host:
 * the second number of a thread's schedstat. QEMU names these threads where it
 * is told to (`-name guest=…,debug-threads=on`), as libvirt does.
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
  /** Wait of all its threads so far, ns. */
  waitedNs: number;
  atMs: number;
}

export class VcpuDelay {
  readonly #vms = new Map<number, Threads>();
  readonly #proc: string;

  constructor(proc = '/proc') {
    this.#proc = proc;
  }

  /**
   * @param vms those there are now; a VM with several taps comes several times
   * @returns by the VM's name, seconds its vCPU threads waited per second since the last call, all of them together;
   * without the VMs that are new, or whose threads have no names
   */
  sample(vms: readonly VmInfo[], atMs = performance.now()): Record<string, number> {
    for (const pid of this.#vms.keys()) if (!vms.some((vm) => vm.pid === pid)) this.#vms.delete(pid);
    const delays: Record<string, number> = {};
    const processes = new Map(vms.filter((vm) => vm.pid > 0).map((vm) => [vm.pid, vm.name]));
    for (const [pid, name] of processes) {
      const share = this.#sampleOne(pid, atMs);
      if (share !== null) delays[name] = share;
    }
    return delays;
  }

  #sampleOne(pid: number, atMs: number): number | null {
    const before = this.#vms.get(pid);
    const fresh = before === undefined || before.ids.length === 0 || atMs - before.lookedMs >= LOOK_EVERY_MS;
    const ids = fresh ? this.#threadsOf(pid) : before.ids;
    const waits = ids.map((id) => Number(readText(`${this.#proc}/${pid}/task/${id}/schedstat`).split(' ')[1]));
    const waitedNs = waits.reduce((a, b) => a + b, 0);
    this.#vms.set(pid, { ids, lookedMs: fresh ? atMs : before.lookedMs, waitedNs, atMs });
    const same = before !== undefined && before.ids.join() === ids.join() && ids.length > 0;
    const share = same && atMs > before.atMs ? (waitedNs - before.waitedNs) / 1e6 / (atMs - before.atMs) : Number.NaN;
    return Number.isNaN(share) ? null : Math.max(0, share);
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
