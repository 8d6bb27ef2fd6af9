/** A CPU quota on a process, as `virsh schedinfo` or a cloud sets it on a VM: by a cgroup, of either version. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const NAME = 'hopscope-bench-verdict';

export class CpuQuota {
  readonly #pid: number;
  readonly #own: string;
  readonly #before: string;

  private constructor(pid: number, own: string, before: string) {
    this.#pid = pid;
    this.#own = own;
    this.#before = before;
  }

  /**
   * Throws where the process has real-time priority, which no quota holds, and where cgroups cannot be written.
   * @param cpus seconds of CPU per second
   */
  static on(pid: number, cpus: number, periodUs: number): CpuQuota {
    const isFirst = existsSync(join(ROOT, 'cpu/cpu.cfs_quota_us'));
    const folder = isFirst ? join(ROOT, 'cpu') : ROOT;
    const line = isFirst ? /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m : /^0::(.*)$/m;
    const before = join(folder, line.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '/');
    const own = join(folder, NAME);
    mkdirSync(own, { recursive: true });
    const quota = new CpuQuota(pid, own, before);
    const us = Math.max(1_000, Math.round(cpus * periodUs));
    try {
      if (isFirst) {
        writeFileSync(join(own, 'cpu.cfs_period_us'), String(periodUs));
        writeFileSync(join(own, 'cpu.cfs_quota_us'), String(us));
      } else {
        writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu');
        writeFileSync(join(own, 'cpu.max'), `${us} ${periodUs}`);
      }
      writeFileSync(join(own, 'cgroup.procs'), String(pid));
    } catch (error) {
      quota.remove();
      throw error;
    }
    return quota;
  }

  remove(): void {
    // It may have ended meanwhile.
    if (existsSync(`/proc/${this.#pid}`)) writeFileSync(join(this.#before, 'cgroup.procs'), String(this.#pid));
    rmdirSync(this.#own);
  }
}

/** CPU seconds that all threads of a process have had. */
export function cpuTimeOf(pid: number): number {
  const task = `/proc/${pid}/task`;
  const ns = readdirSync(task).map((id) => Number(readFileSync(`${task}/${id}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((sum, one) => sum + one, 0) / 1e9;
}
