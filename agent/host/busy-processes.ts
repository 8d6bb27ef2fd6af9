/**
 * Which processes of a host take its CPUs, its VMs' apart: a few of the
 * busiest, by what everybody may read of them (proc_pid_stat(5)). What lives
 * for less than a look is not seen.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { readText } from '../machine.ts';

/** Every process is one read: not in each second. */
const LOOK_EVERY_MS = 5_000;
/** Who takes less of a CPU is nobody's noisy neighbour. */
const LEAST = 0.05;
const MOST_NAMES = 3;
/** USER_HZ, on every Linux that people run. */
const TICKS_PER_SECOND = 100;
const NAME_BYTES = 32;

interface Seen {
  /** Ticks since boot at its start: a number is given to another process one day. */
  started: string;
  comm: string;
  ticks: number;
}

export class BusyProcesses {
  readonly #proc: string;
  #last: { all: Map<number, Seen>; atMs: number } | null = null;
  #shares: Record<string, number> = {};

  constructor(proc = '/proc') {
    this.#proc = proc;
  }

  /**
   * @param vms processes of VMs, which are told of apart
   * @returns CPU seconds per second between the last two looks, those of one name together
   */
  sample(vms: ReadonlySet<number>, atMs = performance.now()): Record<string, number> {
    const before = this.#last;
    if (before !== null && atMs - before.atMs < LOOK_EVERY_MS) return this.#shares;
    const all = this.#look(vms);
    this.#last = { all, atMs };
    this.#shares = before === null ? {} : this.#busiest(before.all, all, (atMs - before.atMs) / 1000);
    return this.#shares;
  }

  #look(vms: ReadonlySet<number>): Map<number, Seen> {
    const pids = readdirSync(this.#proc).filter((entry) => /^\d+$/.test(entry));
    return new Map(
      pids.flatMap((entry): [number, Seen][] => {
        const seen = vms.has(Number(entry)) ? null : seenIn(readText(`${this.#proc}/${entry}/stat`));
        return seen === null ? [] : [[Number(entry), seen]];
      }),
    );
  }

  #busiest(before: ReadonlyMap<number, Seen>, now: ReadonlyMap<number, Seen>, seconds: number): Record<string, number> {
    const groups = new Map<string, { ticks: number; pid: number; most: number }>();
    for (const [pid, { started, comm, ticks }] of now) {
      const earlier = before.get(pid);
      const more = ticks - (earlier?.started === started ? earlier.ticks : 0);
      if (more <= 0) continue;
      const group = groups.get(comm) ?? { ticks: 0, pid, most: 0 };
      if (more > group.most) Object.assign(group, { pid, most: more });
      group.ticks += more;
      groups.set(comm, group);
    }
    const busiest = [...groups]
      .map(([comm, { ticks, pid }]) => ({ comm, pid, share: ticks / TICKS_PER_SECOND / seconds }))
      .filter(({ share }) => share >= LEAST)
      .sort((a, b) => b.share - a.share)
      .slice(0, MOST_NAMES);
    const shares: Record<string, number> = {};
    for (const { comm, pid, share } of busiest) {
      const name = this.#nameOf(pid, comm);
      shares[name] = (shares[name] ?? 0) + share;
    }
    return shares;
  }

  /** The program, without its words: they may be anybody's secret. A thread of the kernel has its own name only. */
  #nameOf(pid: number, comm: string): string {
    const [program = ''] = readText(`${this.#proc}/${pid}/cmdline`).split('\0', 1);
    const name = basename(program.split(/[:\s]/, 1)[0] ?? '') || comm;
    return name.replace(/[^\x21-\x7e]/g, '_').slice(0, NAME_BYTES);
  }
}

/** What works for VMs, known or not. */
const OF_VMS = /^(qemu|vhost-)/;

/** `pid (comm) state ppid … utime stime … starttime`; comm may have anything in it. */
function seenIn(stat: string): Seen | null {
  const end = stat.lastIndexOf(')');
  const comm = stat.slice(stat.indexOf('(') + 1, end);
  const fields = stat.slice(end + 2).split(' ');
  if (end < 0 || OF_VMS.test(comm)) return null;
  // Fields 14, 15 and 22 of the page, where the state is field 3. A kernel's thread has its CPU behind a slash.
  return { comm: comm.split('/', 1)[0]!, ticks: Number(fields[11]) + Number(fields[12]), started: fields[19]! };
}
