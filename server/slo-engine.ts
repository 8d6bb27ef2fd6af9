/** Objectives in force: their minutes as the store has them, and their alerts, judged every few seconds. */
import type { Logger } from 'pino';
import type { ObjectivesFile } from './openslo/objectives-text.ts';
import type { Pipeline } from './pipeline.ts';
import { type AlertState, alertHistory, alertStates, stepAlert, type Transition } from './slo/alerts.ts';
import { compositeParts } from './slo/composite.ts';
import { CountLine } from './slo/count-line.ts';
import { episodesOf } from './slo/episodes.ts';
import { indicatorId, TALLIES } from './slo/indicator.ts';
import { MINUTE_MS, type MinuteCounts } from './slo/minute-counts.ts';
import { budgetOf, type Minutes, type Objective, reachOf } from './slo/objective.ts';
import { isMeasuredIn, type Lines, resultOf } from './slo/result.ts';
import { nameFits } from './slo/selector.ts';
import { UnitLine } from './slo/unit-line.ts';
import { LOST_SERIES, VmMinutes, type VmSeries, vmOfSeries } from './vm-minutes.ts';
import type { CompositeData, SloEpisode } from './wire/episode-views.ts';
import type { SloResult, SloStretch, SloUnjudged } from './wire/slo-views.ts';

export const JUDGE_MS = 5_000;
/** What alerts are now follows from what was before; further back than that it makes no difference any more. */
const REPLAY_MINUTES = 7 * 24 * 60;
const MOST_TRANSITIONS = 1_000;
const FORGET_MS = 3_600_000;
const KEPT_MINUTES = 100 * 24 * 60;

/** An objective in force. */
export interface Judged {
  readonly objective: Objective;
  readonly lines: Lines & { readonly units: UnitLine };
  readonly alerts: AlertState[];
  /** The newest, oldest first. */
  readonly transitions: Transition[];
}

export interface SloEngineOptions {
  pipeline: Pipeline;
  log: Logger;
  onTransition?: (transition: Transition) => void;
}

export class SloEngine {
  readonly #pipeline: Pipeline;
  readonly #log: Logger;
  readonly #onTransition: (transition: Transition) => void;
  readonly #vmMinutes: VmMinutes;
  /** By series: of indicators in force, of VMs, and of what was lost. */
  readonly #lines = new Map<string, CountLine>();
  #judged: Judged[] = [];
  #file: ObjectivesFile = { documents: [], objectives: [], unjudged: [] };
  #forgotMs = Number.NEGATIVE_INFINITY;
  #judgedMs = Number.NEGATIVE_INFINITY;

  constructor({ pipeline, log, onTransition = () => undefined }: SloEngineOptions) {
    this.#pipeline = pipeline;
    this.#log = log;
    this.#onTransition = onTransition;
    this.#vmMinutes = new VmMinutes(pipeline);
  }

  get documents(): ObjectivesFile['documents'] {
    return this.#file.documents;
  }

  /** What alerts did, objective by objective, each in order of time. */
  get transitions(): Transition[] {
    return this.#judged.flatMap(({ transitions }) => transitions);
  }

  get unjudged(): SloUnjudged[] {
    return this.#file.unjudged;
  }

  get judged(): readonly Judged[] {
    return this.#judged;
  }

  get objectives(): Objective[] {
    return this.#judged.map(({ objective }) => objective);
  }

  /** Put objectives in force; what was counted for the same indicator before goes on. */
  async use(file: ObjectivesFile): Promise<void> {
    const { minutes } = this.#pipeline.store;
    const wanted = new Map(file.objectives.map(({ indicator }) => [indicatorId(indicator), indicator]));
    const known = await minutes.series();
    const needed = [...wanted.keys(), ...known.filter(isBeside)];
    // Before it is counted: from then on the store says what comes to it.
    for (const series of needed) if (!this.#lines.has(series)) await this.#load(series);
    await minutes.countBy([...wanted.values()]);
    for (const series of this.#lines.keys()) {
      if (!isBeside(series) && !wanted.has(series)) this.#lines.delete(series);
    }
    this.#file = file;
    this.#judged = file.objectives.map((objective) => this.#judge(objective));
  }

  async #load(series: string): Promise<void> {
    const line = newLine(series);
    for (const { minute, counts } of await this.#pipeline.store.minutes.all(series)) line.add(minute, counts);
    this.#lines.set(series, line);
  }

  #judge(objective: Objective): Judged {
    const same = this.#judged.find((judged) => JSON.stringify(judged.objective) === JSON.stringify(objective));
    if (same !== undefined) return same;
    const source = this.#lines.get(indicatorId(objective.indicator))!;
    const lines = { source, units: new UnitLine(objective, source), present: [] };
    const judged: Judged = { objective, lines, alerts: alertStates(objective), transitions: [] };
    const toMs = this.#pipeline.now();
    const fromMs = toMs - Math.min(REPLAY_MINUTES, reachOf(objective)) * MINUTE_MS;
    const isMeasured = (range: Minutes) => this.#isMeasured(judged, range);
    judged.transitions.push(...alertHistory(objective, lines.units, isMeasured, { fromMs, toMs }, judged.alerts));
    // The minute that lasts may have changed them too.
    for (const alert of judged.alerts) {
      const transition = stepAlert(alert, objective, lines.units, isMeasured, toMs);
      if (transition !== null) judged.transitions.push(transition);
    }
    return judged;
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    this.#vmMinutes.tick(nowMs);
    if (this.#judged.length === 0 || (nowMs - this.#judgedMs < JUDGE_MS && nowMs >= this.#judgedMs)) return;
    this.#judgedMs = nowMs;
    this.#pipeline.store.minutes.add(this.#vmMinutes.take());
    this.#take();
    this.#forget(nowMs);
    for (const judged of this.#judged) this.#step(judged, nowMs);
  }

  /** Memory has what objectives may look back at, and what people ask about most; the store keeps more. */
  #forget(nowMs: number): void {
    if (nowMs - this.#forgotMs < FORGET_MS) return;
    this.#forgotMs = nowMs;
    const minute = Math.floor(nowMs / MINUTE_MS);
    const reach = Math.max(KEPT_MINUTES, ...this.#judged.map(({ objective }) => reachOf(objective)));
    for (const [series, line] of this.#lines) {
      line.forget(minute - (isBeside(series) ? KEPT_MINUTES : reach));
      if (isBeside(series) && line.length === 0) this.#lines.delete(series);
    }
    for (const { lines } of this.#judged) lines.units.forget(minute - reach);
  }

  #take(): void {
    const taken = this.#pipeline.store.minutes.take();
    for (const one of taken) this.#add(one);
  }

  #add({ series, minute, counts }: MinuteCounts): void {
    const line = this.#lines.get(series) ?? (isBeside(series) ? newLine(series) : null);
    if (line === null) return;
    this.#lines.set(series, line);
    line.add(minute, counts);
    for (const { lines } of this.#judged) if (lines.source === line) lines.units.changed(minute);
  }

  #step({ objective, lines, alerts, transitions }: Judged, nowMs: number): void {
    const isMeasured = (range: Minutes) => this.#isMeasured({ objective, lines }, range);
    for (const alert of alerts) {
      const transition = stepAlert(alert, objective, lines.units, isMeasured, nowMs);
      if (transition === null) continue;
      transitions.push(transition);
      if (transitions.length > MOST_TRANSITIONS) transitions.shift();
      this.#tell(transition);
    }
  }

  #tell(transition: Transition): void {
    const { objective, rule, to, long, short } = transition;
    this.#log.warn({ objective, rule: rule.name, severity: rule.severity, long, short }, `alert ${to}`);
    this.#onTransition(transition);
  }

  #isMeasured({ objective, lines }: Pick<Judged, 'objective' | 'lines'>, range: Minutes): boolean {
    return isMeasuredIn({ source: lines.source, present: this.#present(objective) }, range);
  }

  #present({ indicator }: Objective): CountLine[] {
    return this.vmLines()
      .filter(({ kind, vm }) => kind === 'present' && nameFits(indicator.total.vm, vm))
      .map(({ line }) => line);
  }

  /** What is kept of VMs by the minute. */
  vmLines(): (VmSeries & { line: CountLine })[] {
    return [...this.#lines].flatMap(([series, line]) => {
      const of = vmOfSeries(series);
      return of === null ? [] : [{ ...of, line }];
    });
  }

  /** Lost records by the minute, as `total`. */
  get lost(): CountLine {
    return this.#lines.get(LOST_SERIES) ?? new CountLine();
  }

  /** An objective in force with its minutes; undefined where there is none of that name. */
  find(id: string): { objective: Objective; lines: Lines } | undefined {
    const judged = this.#judged.find(({ objective }) => objective.id === id);
    return (
      judged && { objective: judged.objective, lines: { ...judged.lines, present: this.#present(judged.objective) } }
    );
  }

  /** Of all objectives, newest first. */
  episodes(nowMs: number): SloEpisode[] {
    this.#take();
    const all = this.#judged.flatMap(({ objective, lines, transitions }) =>
      episodesOf(objective, lines, transitions, nowMs).map((episode): SloEpisode => {
        const composite = this.compositeOf(objective, episode);
        return { ...episode, composite: composite && { slo: composite.slo, parts: compositeParts(composite) } };
      }),
    );
    return all.sort((a, b) => b.fromMs - a.fromMs);
  }

  /** What the composite SLO of an objective spent in the minutes of a stretch, part by part; null where it is in none. */
  compositeOf({ slo, weight: own }: Objective, { fromMs, toMs }: SloStretch): CompositeData | null {
    if (own === undefined) return null;
    const minutes = { from: Math.floor(fromMs / MINUTE_MS), to: Math.ceil(toMs / MINUTE_MS) };
    const parts = this.#judged.flatMap(({ objective, lines }) => {
      const { id, weight } = objective;
      if (objective.slo !== slo || weight === undefined) return [];
      return [{ objective: id, weight, ...lines.units.spent(minutes), budget: budgetOf(objective) }];
    });
    return { slo, parts };
  }

  /** How each stands at that moment. @param minutes instead of each one's own window: alerts, which are of now, are left out then */
  results(nowMs: number, minutes?: Minutes): SloResult[] {
    this.#take();
    return this.#judged.map(({ objective, lines, alerts }) =>
      resultOf(objective, { ...lines, present: this.#present(objective) }, minutes ? [] : alerts, nowMs, minutes),
    );
  }
}

function newLine(series: string): CountLine {
  return new CountLine(isBeside(series) ? 2 : TALLIES.length);
}

/** Whether a series is no indicator's: kept for the evidence, whoever promises what. */
function isBeside(series: string): boolean {
  return series === LOST_SERIES || vmOfSeries(series) !== null;
}
