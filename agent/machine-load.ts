/** What this machine has to do, and what its tasks wait for, since the last time. */
import type { AgentStats } from '../server/wire/messages.ts';
import { CpuBusy } from './cpu-busy.ts';
import { NicLoads } from './host/nic-loads.ts';
import { Pressure } from './pressure.ts';

export class MachineLoad {
  readonly #cpuPressure = new Pressure('cpu');
  readonly #memoryPressure = new Pressure('memory');
  readonly #busy = new CpuBusy();
  readonly #nics = new NicLoads();

  /** @param uplinks names of the cards that VMs share; none in a guest */
  sample(uplinks: readonly string[]): Pick<AgentStats, 'cpuPressure' | 'memoryPressure' | 'cpuBusy' | 'nics'> {
    return {
      cpuPressure: this.#cpuPressure.sample(),
      memoryPressure: this.#memoryPressure.sample(),
      cpuBusy: this.#busy.sample(),
      nics: this.#nics.sample(uplinks),
    };
  }
}
