/** A plant is switched on and off in short blocks; each path belongs to the block it ran in, or to none. */
import type { PathView } from '../server/wire/views.ts';

/** The wall-clock course of one plant. Which layer and how much is not in it. */
export interface BlockPlan {
  fromMs: number;
  blockMs: number;
  /** Per block: planted or not. */
  blocks: boolean[];
}

/** Requests this near to a block's start may meet what the block before left behind. */
const START_GUARD_MS = 25;
/** Requests this near to its end may be on their way into the next one. */
const END_GUARD_MS = 45;

/** Random numbers in [0, 1) from a seed: mulberry32. The same seed gives the same plan. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}

/** Pairs of one planted and one clean block, each pair in a random order: whatever drifts meets both alike. */
export function blockPattern(pairs: number, random: () => number): boolean[] {
  return Array.from({ length: pairs }, () => random() < 0.5).flatMap((first) => [first, !first]);
}

/** Complete paths by block; those near an edge are left out. */
export function pathsByBlock(paths: Iterable<PathView>, plan: BlockPlan): PathView[][] {
  const byBlock = plan.blocks.map((): PathView[] => []);
  for (const path of paths) {
    if (!path.complete) continue;
    const block = Math.floor((path.atMs - plan.fromMs) / plan.blockMs);
    const intoMs = path.atMs - plan.fromMs - block * plan.blockMs;
    if (intoMs >= START_GUARD_MS && intoMs < plan.blockMs - END_GUARD_MS) byBlock[block]?.push(path);
  }
  return byBlock;
}

/** Several times the largest plant. */
const STALL_MS = 80;

/** Whether for some time no request came in, or one was not answered: that was the machine, not a plant. */
export function stoodStill(paths: readonly PathView[], { fromMs, blockMs, blocks }: BlockPlan): boolean {
  const endMs = fromMs + blockMs * blocks.length;
  const within = paths.filter(({ atMs }) => atMs < endMs);
  const times = [fromMs, ...within.map(({ atMs }) => atMs).sort((a, b) => a - b), endMs];
  const gapMs = Math.max(...times.slice(1).map((atMs, n) => atMs - times[n]!));
  const slowestMs = Math.max(...within.map(({ endToEndNs }) => (endToEndNs ?? 0) / 1e6));
  return Math.max(gapMs, slowestMs) > STALL_MS;
}
