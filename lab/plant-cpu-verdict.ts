/** Who took the CPU, and who had to wait for it: from the API's readings with a hog and without one alone. */

/** Of one VM at one time, CPU seconds per second; latencies ns. */
export interface VmReading {
  ran: number;
  waited: number;
  steal: number;
  p50: number;
  p99: number;
}

/** A host and its VMs in the blocks of one kind: means of the shares, medians of the seconds' quantiles. */
export interface HostReading {
  /** Of all that is no vCPU, CPU seconds per second. */
  others: number;
  pressure: number;
  vms: Record<string, VmReading>;
}

export interface CpuVerdict {
  /** `host`, or the VM whose CPU time grew most; null where none grew by more than noise. */
  takes: string | null;
  /** Those beside it that waited more for it, the worst first. */
  suffers: string[];
}

/** Less than a tenth of a CPU comes and goes by itself. */
const TAKES = 0.1;
const SUFFERS = 0.05;

export function cpuVerdict(without: HostReading, planted: HostReading): CpuVerdict {
  const names = Object.keys(planted.vms).filter((name) => name in without.vms);
  const grown = (name: string, of: 'ran' | 'waited') => planted.vms[name]![of] - without.vms[name]![of];
  const takers: [string, number][] = [
    ['host', planted.others - without.others],
    ...names.map((name): [string, number] => [name, grown(name, 'ran')]),
  ];
  const [taker] = takers.filter(([, more]) => more > TAKES).sort((a, b) => b[1] - a[1]);
  const suffers = names
    .filter((name) => name !== taker?.[0] && grown(name, 'waited') > SUFFERS)
    .sort((a, b) => grown(b, 'waited') - grown(a, 'waited'));
  return { takes: taker?.[0] ?? null, suffers };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** NaN without values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
