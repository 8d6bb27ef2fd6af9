/** The server's state as the live stream and the health answer show it. */
import { type Agent, agentView } from './agents.ts';
import { clockView } from './clock-view.ts';
import { eventsOf } from './events.ts';
import type { Pipeline } from './pipeline.ts';
import { runInfo } from './run.ts';
import { costOf, selfCost } from './self-cost.ts';
import type { StoreCounts } from './store/store.ts';
import { provenanceView } from './summary.ts';
import { faultsOf } from './totals.ts';
import { VERSION } from './version.ts';
import { vmViews } from './vm-views.ts';
import type { EventView } from './wire/event-views.ts';
import { PROTOCOL_VERSION } from './wire/frame.ts';
import type { LiveSnapshot, LiveTick } from './wire/live-views.ts';
import { CLASSES } from './wire/record.ts';
import type { NotifyView } from './wire/slo-views.ts';
import { LAYER_IDS } from './wire/stations.ts';
import type { Health } from './wire/views.ts';

/** `recent` rows take this many seconds together. */
export const RECENT_S = 10;
const GAPS_SHOWN = 20;
/** As far back as the stream tells seconds; what is older is asked for. */
const EVENTS_MS = 15 * 60_000;

/** Counters that are not losses: what was refused, repeated, retained, forgotten. */
export type Counters = () => Record<string, number>;

export class Views {
  readonly #pipeline: Pipeline;
  readonly #counters: Counters;
  readonly #notify: () => NotifyView[];
  /** What the last tick told of events. */
  #told = '';

  /**
   * @param counters of what is around the pipeline: sockets and streams
   * @param notify how it goes with telling people of alerts
   */
  constructor(pipeline: Pipeline, counters: Counters, notify: () => NotifyView[] = () => []) {
    this.#pipeline = pipeline;
    this.#counters = counters;
    this.#notify = notify;
  }

  health(): Health {
    const { registry, runs, delay, now } = this.#pipeline;
    const totals = this.#pipeline.totals();
    const agents = registry.all();
    const { recorded } = runs.current;
    const provenance = (agent: Agent) => provenanceView(this.#pipeline, agent, runs.current.wiring);
    return {
      version: VERSION,
      agents: agents.map((agent) => ({ ...agentView(agent), provenance: provenance(agent) })),
      vms: vmViews(this.#pipeline),
      classes: classCounts(this.#pipeline),
      drops: totals.drops,
      counters: this.counters(),
      unmatched: { host: totals.unmatchedHost, guest: totals.unmatchedGuest },
      faults: faultsOf(totals),
      clock: recorded?.clock ?? clockView(this.#pipeline),
      selfCost: recorded?.selfCost ?? selfCost(costOf(agents)),
      gaps: registry.gaps(runs.current.startedMs).slice(-GAPS_SHOWN),
      liveDelayMs: delay.p99(now() - RECENT_S * 1000),
      notify: this.#notify(),
    };
  }

  counters(): Record<string, number> {
    const { registry, runs, store, joiner, clocks, held } = this.#pipeline;
    return {
      ...agentCounters(this.#pipeline),
      ...registry.counts,
      ...this.#pipeline.accessLogs.counters,
      ...this.#counters(),
      'join.duplicate': joiner.counts.duplicate,
      'join.continued': joiner.counts.continued,
      'join.held': joiner.counts.held,
      'store.amended': this.#pipeline.amended,
      'clock.tightened': clocks.tightened,
      'clock.gap': clocks.inGap,
      'clock.unheld': held.crowded,
      'runs.evicted': runs.evicted,
      'runs.outside': runs.outside,
      'runs.unnoted': runs.unnoted,
      'aggregate.late': runs.current.aggregate.counts.late,
      'aggregate.folded': runs.current.aggregate.counts.folded,
      'store.evicted': store.counts.evicted,
      'store.failed': store.counts.failed,
      'store.unkept': store.counts.unkept,
      ...prunedCounters(store.counts),
    };
  }

  snapshot(): LiveSnapshot {
    const { aggregate } = this.#pipeline.runs.current;
    return {
      type: 'snapshot',
      protocol: PROTOCOL_VERSION,
      nowMs: this.#pipeline.now(),
      run: runInfo(this.#pipeline.runs.current),
      layers: [...LAYER_IDS],
      vms: aggregate.vms,
      seconds: aggregate.changedSince(0),
      recent: this.#recent(),
      allVms: this.#allVms(0),
      health: this.health(),
      events: this.#events(),
    };
  }

  /** @param version of the aggregate that the tick before showed */
  tick(version: number): LiveTick {
    const events = this.#events();
    const told = JSON.stringify(events);
    const isNew = told !== this.#told;
    this.#told = told;
    return {
      type: 'tick',
      nowMs: this.#pipeline.now(),
      run: runInfo(this.#pipeline.runs.current),
      seconds: this.#pipeline.runs.current.aggregate.changedSince(version),
      recent: this.#recent(),
      allVms: this.#allVms(version),
      health: this.health(),
      ...(isNew && { events }),
    };
  }

  #events(): EventView[] {
    const { runs, now } = this.#pipeline;
    return eventsOf(runs.current, this.#pipeline, { fromMs: now() - EVENTS_MS });
  }

  #recent(): LiveTick['recent'] {
    const { runs, now } = this.#pipeline;
    return runs.current.aggregate.recent(RECENT_S, Math.floor(now() / 1000));
  }

  #allVms(version: number): LiveTick['allVms'] {
    const { runs, now } = this.#pipeline;
    const { aggregate } = runs.current;
    const recent = aggregate.recentOfAll(RECENT_S, Math.floor(now() / 1000));
    return { seconds: aggregate.changedOfAll(version), recent };
  }
}

function prunedCounters({ pruned }: StoreCounts): Record<string, number> {
  return Object.fromEntries(Object.entries(pruned).map(([what, rows]) => [`store.pruned.${what}`, rows]));
}

function classCounts({ classes }: Pipeline): Health['classes'] {
  return Object.fromEntries(CLASSES.map((name, i) => [name, classes[i]])) as Health['classes'];
}

/** Agents' own counters summed as `<role>.<name>`. */
function agentCounters({ registry }: Pipeline): Record<string, number> {
  const sums = new Map<string, number>();
  for (const agent of registry.all()) {
    for (const [name, value] of Object.entries(agent.stats?.counters ?? {})) {
      const key = `${agent.hello.role}.${name}`;
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
  }
  return Object.fromEntries(sums);
}
