/**
 * Which frames of each agent are safe: every record of them has left the
 * joiner, no row made of them is held, and the store has committed the rows.
 * Only those are acknowledged; agents keep the others.
 */
import type { AgentRegistry } from './agents.ts';
import type { HeldPaths } from './held-paths.ts';
import type { Joiner } from './join/joiner.ts';
import type { SourceTable } from './sources.ts';
import type { PathStore } from './store/store.ts';

export interface FrameStages {
  registry: AgentRegistry;
  sources: SourceTable;
  joiner: Joiner;
  held: HeldPaths;
  store: PathStore;
}

export class SafeFrames {
  readonly #stages: FrameStages;
  #commit: Promise<void> | null = null;
  /** Number of the tick under way. */
  tick = 1;

  constructor(stages: FrameStages) {
    this.#stages = stages;
  }

  /** The tick is over: what has left the joiner is in the store, or held. */
  endTick(): void {
    const { registry, sources, joiner } = this.#stages;
    for (const agent of registry.all()) {
      const source = sources.of(agent);
      if (source !== undefined) agent.progress.left(joiner.settled(source), this.tick);
    }
    this.tick++;
  }

  /**
   * Have the store commit what it was given by the ticks that are over, and say so in each agent's `safe`.
   * One commit at a time: a call meanwhile waits for the one that is under way.
   */
  commit(): Promise<void> {
    this.#commit ??= this.#commitNow().finally(() => {
      this.#commit = null;
    });
    return this.#commit;
  }

  async #commitNow(): Promise<void> {
    const { registry, held, store } = this.#stages;
    const tick = Math.min(this.tick, held.oldestTick) - 1;
    if (!(await store.commit())) return;
    for (const agent of registry.all()) agent.safe = agent.progress.committed(tick) ?? agent.safe;
  }
}
