/** The kernel side's counters: `enum hop_counter` of agent/bpf/emit.bpf.h, in its order. */
import { libbpf } from './libbpf.ts';

export const COUNTERS = ['begun', 'emitted', 'ring.full', 'flow.full', 'foreign', 'half.open'] as const;
export type CounterName = (typeof COUNTERS)[number];

/** All counters since the program was loaded. */
export function readCounters(fd: number): Record<CounterName, number> {
  const value = new BigUint64Array(1);
  const key = new Uint32Array(1);
  const counted = {} as Record<CounterName, number>;
  for (const [index, name] of COUNTERS.entries()) {
    key[0] = index;
    counted[name] = libbpf.lookup(fd, key, value) === 0 ? Number(value[0]) : 0;
  }
  return counted;
}
