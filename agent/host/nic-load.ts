/** What the network devices of a host carry, drop and break: the kernel's counters in /sys/class/net (kernel: Documentation/networking/statistics). */
import type { NicLoad, VmInfo } from '../../server/wire/messages.ts';
import { readText } from '../machine.ts';

/** Asking for a speed takes a lock of the kernel's: it does not change often. */
const LOOK_EVERY_MS = 10_000;
const DROPPED = ['rx_dropped', 'tx_dropped'] as const;
const BROKEN = ['rx_errors', 'tx_errors'] as const;
const CARRIED = ['rx_bytes', 'tx_bytes'] as const;

type Counted = (typeof DROPPED | typeof BROKEN | typeof CARRIED)[number];
type Counts = Partial<Record<Counted, number>>;

export class NicLoads {
  readonly #root: string;
  readonly #last = new Map<string, { counts: Counts; atMs: number }>();
  readonly #speeds = new Map<string, { bytesPerS: number | null; lookedMs: number }>();

  constructor(root = '/sys/class/net') {
    this.#root = root;
  }

  /**
   * @param uplinks names of the host's NICs
   * @returns of all of them since the last call; null where none was there at both
   */
  uplinks(uplinks: readonly string[], atMs = performance.now()): NicLoad | null {
    const all = uplinks.map((nic) => ({ nic, more: this.#since(nic, [...DROPPED, ...BROKEN, ...CARRIED], atMs) }));
    const told = all.flatMap(({ nic, more }) => (more === null ? [] : [{ nic, more }]));
    if (told.length === 0) return null;
    const sum = (names: readonly Counted[]) => told.reduce((total, { more }) => total + sumOf(more, names), 0);
    const shares = told.map(({ nic, more }) => this.#share(nic, more, atMs)).filter((share) => share !== null);
    return { drops: sum(DROPPED), errors: sum(BROKEN), busy: shares.length === 0 ? null : Math.max(...shares) };
  }

  /** Packets per second that the taps of each VM dropped since the last call: its guest did not take them. By the VM's name. */
  taps(vms: readonly VmInfo[], atMs = performance.now()): Record<string, number> {
    const drops: Record<string, number> = {};
    for (const { name, tap } of vms) {
      const more = tap === '' ? null : this.#since(tap, DROPPED, atMs);
      if (more !== null) drops[name] = (drops[name] ?? 0) + sumOf(more, DROPPED);
    }
    return drops;
  }

  /** All others are gone. */
  keep(names: ReadonlySet<string>): void {
    for (const known of [this.#last, this.#speeds]) {
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    }
  }

  /** Per second; a device of the same name that was made anew counts from zero again. */
  #since(nic: string, names: readonly Counted[], atMs: number): Counts | null {
    const before = this.#last.get(nic);
    const counts = Object.fromEntries(
      names.map((name) => [name, Number(readText(`${this.#root}/${nic}/statistics/${name}`) || Number.NaN)]),
    ) as Counts;
    this.#last.set(nic, { counts, atMs });
    if (before === undefined || atMs <= before.atMs) return null;
    const perSecond = (name: Counted) => ((counts[name]! - before.counts[name]!) * 1000) / (atMs - before.atMs);
    const more = Object.fromEntries(names.map((name) => [name, Math.max(0, perSecond(name))])) as Counts;
    return Object.values(more).some(Number.isNaN) ? null : more;
  }

  /** Of its speed in the direction that carries more; null where it has no speed, as most virtual ones. */
  #share(nic: string, more: Counts, atMs: number): number | null {
    const known = this.#speeds.get(nic);
    const isFresh = known !== undefined && atMs - known.lookedMs < LOOK_EVERY_MS;
    const bytesPerS = isFresh ? known.bytesPerS : speedOf(`${this.#root}/${nic}/speed`);
    if (!isFresh) this.#speeds.set(nic, { bytesPerS, lookedMs: atMs });
    return bytesPerS === null ? null : Math.min(1, Math.max(...CARRIED.map((name) => more[name]!)) / bytesPerS);
  }
}

function sumOf(counts: Counts, names: readonly Counted[]): number {
  return names.reduce((sum, name) => sum + counts[name]!, 0);
}

/** The file has Mbit/s, and -1 or an error where nobody knows. */
function speedOf(file: string): number | null {
  const megabits = Number(readText(file));
  return megabits > 0 ? (megabits * 1e6) / 8 : null;
}
