/** The kernel side's counters: `enum hop_counter` of agent/bpf/emit.bpf.h, in its order. */
import { libbpf } from './libbpf.ts';

export const COUNTERS = ['begun', 'emitted', 'ring.full', 'flow.full', 'foreign'] as const;
export type CounterName = (typeof COUNTERS)[number];

/** Read all counters from the per-CPU array, summed over the CPUs. */
export function readCounters(fd: number): Record<CounterName, number> {
  const cpus = libbpf.possibleCpus() as number;
  const values = new Uint8Array(cpus * 8);
  const key = new Uint32Array(1);
  const sums = {} as Record<CounterName, number>;
  for (const [index, name] of COUNTERS.entries()) {
    key[0] = index;
    const status = libbpf.lookup(fd, key, values) as number;
    const perCpu = new BigUint64Array(values.buffer);
    sums[name] = status === 0 ? Number(perCpu.reduce((a, b) => a + b, 0n)) : 0;
  }
  return sums;
}
