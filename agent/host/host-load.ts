/** What a host has to do for its VMs and beside them, once a second. */
import type { AgentStats } from '../../server/wire/messages.ts';
import { BusyProcesses } from './busy-processes.ts';
import { NicLoads } from './nic-load.ts';
import type { HostDevices } from './tap-watch.ts';
import { VcpuTimes } from './vcpu-times.ts';

type Told = Pick<AgentStats, 'vcpuDelay' | 'vcpuTime' | 'nic' | 'tapDrops' | 'processes'>;

/** Of a machine that is no host. */
export const NO_HOST_LOAD: Told = { vcpuDelay: {}, vcpuTime: {}, nic: null, tapDrops: {}, processes: {} };

export class HostLoad {
  readonly #vcpus = new VcpuTimes();
  readonly #nics = new NicLoads();
  readonly #processes = new BusyProcesses();

  /** Of the time since the last call. */
  sample({ uplinks, vms }: HostDevices): Told {
    const { delay, time } = this.#vcpus.sample(vms);
    const names = uplinks.map(({ name }) => name);
    this.#nics.keep(new Set([...names, ...vms.map(({ tap }) => tap)]));
    return {
      ...{ vcpuDelay: delay, vcpuTime: time },
      ...{ nic: this.#nics.uplinks(names), tapDrops: this.#nics.taps(vms) },
      processes: this.#processes.sample(new Set(vms.map(({ pid }) => pid))),
    };
  }
}
