import type { AgentStats } from '../wire/messages.ts';
import type { Vantage } from '../wire/stations.ts';
import type { SecondRow } from '../wire/views.ts';

/** How hard it was to get a CPU in one second, as far as it is known. */
export type Contention = Pick<SecondRow, 'steal' | 'vcpuDelay' | 'vcpuTime' | 'cpuPressure'>;

/** What one agent knows of it. */
export interface ContentionReport {
  steal?: number;
  vcpuDelay?: number | undefined;
  vcpuTime?: number | undefined;
  hostPressure?: number | null;
  guestPressure?: number | null;
}

/** @param hostName the VM, as its host names it */
export function contentionReport(vantage: Vantage, stats: AgentStats, hostName: string): ContentionReport {
  if (vantage === 'guest') return { steal: stats.steal, guestPressure: stats.cpuPressure };
  const { vcpuDelay, vcpuTime, cpuPressure } = stats;
  return { vcpuDelay: vcpuDelay[hostName], vcpuTime: vcpuTime[hostName], hostPressure: cpuPressure };
}

/** One reading of one agent. */
export interface ContentionGauge {
  /** `steal` and `cpu.pressure` are shares; `vcpu.delay` and `vcpu.time` are seconds of waiting and of running per second. */
  readonly kind: 'steal' | 'vcpu.delay' | 'vcpu.time' | 'cpu.pressure';
  readonly agent: string;
  /** As its host names it; of the two of vCPUs only. */
  readonly vm: string | null;
  readonly value: number;
}

/** An agent reports every second; one that was away reports of its last second, not of the whole time. */
const LONGEST_MS = 3_000;

/** The last seconds' contention of each VM: reports come about a second after the exchanges that they explain. */
export class ContentionRing {
  readonly #retainSeconds: number;
  /** Wall second → VM. */
  readonly #seconds = new Map<number, Map<string, Contention>>();
  #newest = Number.NEGATIVE_INFINITY;

  constructor(retainSeconds: number) {
    this.#retainSeconds = retainSeconds;
  }

  /**
   * Keep a report about (fromMs, toMs]. It counts for the seconds whose middle
   * is in there: reports behind one another cover each second once.
   * @returns those seconds
   */
  report(vm: string, fromMs: number, toMs: number, report: ContentionReport): number[] {
    const seconds: number[] = [];
    const first = Math.floor((Math.max(fromMs, toMs - LONGEST_MS) - 500) / 1000) + 1;
    for (let t = first; t * 1000 + 500 <= toMs; t++) {
      if (t <= this.#newest - this.#retainSeconds) continue;
      this.#merge(t, vm, report);
      seconds.push(t);
    }
    return seconds;
  }

  #merge(t: number, vm: string, report: ContentionReport): void {
    if (t > this.#newest) this.#advance(t);
    const vms = this.#seconds.get(t) ?? new Map<string, Contention>();
    this.#seconds.set(t, vms);
    const known = vms.get(vm) ?? unknownContention();
    vms.set(vm, {
      steal: report.steal ?? known.steal,
      vcpuDelay: report.vcpuDelay ?? known.vcpuDelay,
      vcpuTime: report.vcpuTime ?? known.vcpuTime,
      cpuPressure: {
        host: report.hostPressure ?? known.cpuPressure.host,
        guest: report.guestPressure ?? known.cpuPressure.guest,
      },
    });
  }

  #advance(newest: number): void {
    this.#newest = newest;
    for (const t of this.#seconds.keys()) if (t <= newest - this.#retainSeconds) this.#seconds.delete(t);
  }

  of(t: number, vm: string): Contention {
    return this.#seconds.get(t)?.get(vm) ?? unknownContention();
  }
}

/** What waited can be told of one VM only; what is told of a host holds for all on it, where they tell the same. */
export function contentionOfAll(told: readonly Contention[]): Contention {
  const hosts = new Set(told.map(({ cpuPressure }) => cpuPressure.host).filter((pressure) => pressure !== null));
  const [host] = hosts;
  return { ...unknownContention(), cpuPressure: { host: hosts.size === 1 ? host! : null, guest: null } };
}

function unknownContention(): Contention {
  return { steal: null, vcpuDelay: null, vcpuTime: null, cpuPressure: { host: null, guest: null } };
}
