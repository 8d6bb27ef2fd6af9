/**
 * What the agent itself costs. BPF run time comes from the kernel's own run
 * statistics; they cost two clock reads per run, so they are on for one second
 * in five, and the records finished in that second are counted beside them.
 */
import { readFileSync } from 'node:fs';
import { libbpf, system } from './libbpf.ts';

const RUN_TIME = 0;
/** Offsets of run_time_ns and run_cnt in struct bpf_prog_info (uapi/linux/bpf.h). */
const INFO_BYTES = 256;
const RUN_TIME_AT = 192;
const RUN_COUNT_AT = 200;

interface Runs {
  ns: number;
  runs: number;
}

function runsOf(programs: readonly number[]): Runs {
  const total = { ns: 0, runs: 0 };
  for (const fd of programs) {
    const info = new Uint8Array(INFO_BYTES);
    if ((libbpf.objectInfo(fd, info, [INFO_BYTES]) as number) !== 0) continue;
    const view = new DataView(info.buffer);
    total.ns += Number(view.getBigUint64(RUN_TIME_AT, true));
    total.runs += Number(view.getBigUint64(RUN_COUNT_AT, true));
  }
  return total;
}

export class SelfCost {
  readonly #programs: readonly number[];
  readonly #emitted: () => number;
  #statsFd = -1;
  #before: Runs & { records: number } = { ns: 0, runs: 0, records: 0 };
  bpfNs = 0;
  bpfRuns = 0;
  bpfRecords = 0;

  /** @param programs fds of our loaded programs @param emitted records finished so far */
  constructor(programs: readonly number[], emitted: () => number) {
    this.#programs = programs;
    this.#emitted = emitted;
  }

  /** Switch the kernel's statistics on; without the capability this stays at zero. */
  begin(): void {
    if (this.#statsFd >= 0) return;
    this.#before = { ...runsOf(this.#programs), records: this.#emitted() };
    this.#statsFd = libbpf.enableStats(RUN_TIME);
  }

  /** Add the stretch since {@link begin} and switch the statistics off. */
  end(): void {
    if (this.#statsFd < 0) return;
    const now = runsOf(this.#programs);
    this.bpfNs += now.ns - this.#before.ns;
    this.bpfRuns += now.runs - this.#before.runs;
    this.bpfRecords += this.#emitted() - this.#before.records;
    system.close(this.#statsFd);
    this.#statsFd = -1;
  }
}

/** CPU time of this process so far, µs. */
export function cpuUs(): number {
  const { user, system: kernel } = process.cpuUsage();
  return user + kernel;
}

/** Share of the machine's CPU time that the hypervisor took, between two readings. */
export class Steal {
  #last = { steal: 0, total: 0 };

  /** @returns 0..1 since the last call; 0 at the first one */
  sample(stat = readFileSync('/proc/stat', 'utf8')): number {
    const fields = (stat.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
    const now = { steal: fields[7] ?? 0, total: fields.reduce((a, b) => a + b, 0) };
    const before = this.#last;
    this.#last = now;
    const elapsed = now.total - before.total;
    return before.total === 0 || elapsed <= 0 ? 0 : (now.steal - before.steal) / elapsed;
  }
}
