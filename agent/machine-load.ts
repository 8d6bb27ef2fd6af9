/** How hard CPUs and memory of this machine are to get, whoever takes them. */
import type { AgentStats } from '../server/wire/messages.ts';
import { CpuTimes } from './cpu-times.ts';
import { Pressure } from './pressure.ts';

export class MachineLoad {
  readonly #cpuPressure = new Pressure('cpu');
  readonly #memoryPressure = new Pressure('memory');
  readonly #cpus = new CpuTimes();

  /** Of the time since the last call. */
  sample(): Pick<AgentStats, 'cpuPressure' | 'memoryPressure' | 'cpuBusy' | 'softirq'> {
    const cpus = this.#cpus.sample();
    return {
      ...{ cpuPressure: this.#cpuPressure.sample(), memoryPressure: this.#memoryPressure.sample() },
      ...{ cpuBusy: cpus?.busy ?? null, softirq: cpus?.softirq ?? null },
    };
  }
}
