/** Whether waiting for a CPU is why requests took longer. Pure: the report's verifier runs it again. */
import { type EpisodeData, type EpisodeRow, PARTS, type Part } from '../wire/episode-views.ts';
import { cpuReadings, cpuState, waitedShare } from './evidence.ts';

/** Guest time is the VM's own, unless it was kept from a CPU. */
export const GUEST_PARTS: readonly Part[] = ['tcp.in', 'wait', 'service', 'tcp.out'];
/** Of what the slowest part of the guest took longer, all else that needs its CPU: a delay of one part alone leaves the others as they are. */
const SPREADS = 0.25;
const HALF = 0.5;

/** As cpuState has it; `beside`: it waited, but what took longer did not take longer for that. */
export type CpuCause = ReturnType<typeof cpuState> | 'beside';

/**
 * A VM without a CPU is slow in everything it does, even in taking packets from its vNIC; where one part needs nearly
 * all of its time, at least half of what took longer has to be time in which it waited.
 */
export function cpuCauseOf(data: EpisodeData, bad: readonly EpisodeRow[], usual: readonly EpisodeRow[]): CpuCause {
  const readings = cpuReadings(data);
  const state = cpuState(readings);
  if (state !== 'starved' || bad.length === 0 || usual.length === 0) return state;
  const longer = (part: Part) => Math.max(0, meanOf(bad, part) - meanOf(usual, part));
  const guest = GUEST_PARTS.map(longer);
  const [all, most] = [guest.reduce((sum, ns) => sum + ns, 0), Math.max(...guest)];
  const waitedNs = waitedShare(readings) * GUEST_PARTS.reduce((sum, part) => sum + meanOf(bad, part), 0);
  return longer('vnic') + all - most >= SPREADS * most || waitedNs >= HALF * all ? 'starved' : 'beside';
}

function meanOf(rows: readonly EpisodeRow[], part: Part): number {
  const index = PARTS.indexOf(part);
  return rows.reduce((sum, { parts }) => sum + parts[index]!, 0) / rows.length;
}
