/** Objectives in force: their minutes as the store has them, and their alerts, judged every few seconds. */
import type { Logger } from 'pino';
import type { ObjectivesFile } from './openslo/objectives-text.ts';
import type { Pipeline } from './pipeline.ts';
import { Presence, presentVm } from './presence.ts';
import { type AlertState, alertHistory, alertStates, stepAlert, type Transition } from './slo/alerts.ts';
import { CountLine } from './slo/count-line.ts';
import { indicatorId } from './slo/indicator.ts';
import { MINUTE_MS, type MinuteCounts } from './slo/minute-counts.ts';
import { type Minutes, type Objective, reachOf } from './slo/objective.ts';
import { isMeasuredIn, type Lines, resultOf } from './slo/result.ts';
import { nameFits } from './slo/selector.ts';
import { UnitLine } from './slo/unit-line.ts';
import type { SloResult, SloUnjudged } from './wire/slo-views.ts';

export const JUDGE_MS = 5_000;
/** What alerts are now follows from what was before; further back than that it makes no difference any more. */
const REPLAY_MINUTES = 7 * 24 * 60;
const MOST_TRANSITIONS = 1_000;

/** An objective in force. */
export interface Judged {
  readonly objective: Objective;
  readonly lines: Lines & { readonly units: UnitLine };
  readonly alerts: AlertState[];
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
  readonly #presence: Presence;
  /** By series, of indicators in force and of VMs. */
  readonly #lines = new Map<string, CountLine>();
  #judged: Judged[] = [];
  #file: ObjectivesFile = { documents: [], objectives: [], unjudged: [] };
  #judgedMs = Number.NEGATIVE_INFINITY;
  /** The newest, oldest first. */
  readonly transitions: Transition[] = [];

  constructor({ pipeline, log, onTransition = () => undefined }: SloEngineOptions) {
    this.#pipeline = pipeline;
    this.#log = log;
    this.#onTransition = onTransition;
    this.#presence = new Presence(pipeline);
  }

  get documents(): ObjectivesFile['documents'] {
    return this.#file.documents;
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
    const needed = [...wanted.keys(), ...known.filter((series) => presentVm(series) !== null)];
    // Before it is counted: from then on the store says what comes to it.
    for (const series of needed) if (!this.#lines.has(series)) await this.#load(series);
    await minutes.countBy([...wanted.values()]);
    for (const series of this.#lines.keys()) {
      if (presentVm(series) === null && !wanted.has(series)) this.#lines.delete(series);
    }
    this.#file = file;
    this.#judged = file.objectives.map((objective) => this.#judge(objective));
  }

  async #load(series: string): Promise<void> {
    const line = new CountLine();
    for (const { minute, counts } of await this.#pipeline.store.minutes.all(series)) line.add(minute, counts);
    this.#lines.set(series, line);
  }

  #judge(objective: Objective): Judged {
    const same = this.#judged.find((judged) => JSON.stringify(judged.objective) === JSON.stringify(objective));
    if (same !== undefined) return same;
    const source = this.#lines.get(indicatorId(objective.indicator))!;
    const lines = { source, units: new UnitLine(objective, source), present: [] };
    const judged: Judged = { objective, lines, alerts: alertStates(objective) };
    const toMs = this.#pipeline.now();
    const fromMs = toMs - Math.min(REPLAY_MINUTES, reachOf(objective)) * MINUTE_MS;
    const isMeasured = (range: Minutes) => this.#isMeasured(judged, range);
    alertHistory(objective, lines.units, isMeasured, { fromMs, toMs }, judged.alerts);
    // The minute that lasts may have changed them too.
    for (const alert of judged.alerts) stepAlert(alert, objective, lines.units, isMeasured, toMs);
    return judged;
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    this.#presence.tick(nowMs);
    if (this.#judged.length === 0 || (nowMs - this.#judgedMs < JUDGE_MS && nowMs >= this.#judgedMs)) return;
    this.#judgedMs = nowMs;
    this.#pipeline.store.minutes.add(this.#presence.take());
    this.#take();
    for (const judged of this.#judged) this.#step(judged, nowMs);
  }

  #take(): void {
    const taken = this.#pipeline.store.minutes.take();
    for (const one of taken) this.#add(one);
  }

  #add({ series, minute, counts }: MinuteCounts): void {
    const line = this.#lines.get(series) ?? (presentVm(series) === null ? null : new CountLine());
    if (line === null) return;
    this.#lines.set(series, line);
    line.add(minute, counts);
    for (const { lines } of this.#judged) if (lines.source === line) lines.units.changed(minute);
  }

  #step({ objective, lines, alerts }: Judged, nowMs: number): void {
    const isMeasured = (range: Minutes) => this.#isMeasured({ objective, lines }, range);
    for (const alert of alerts) {
      const transition = stepAlert(alert, objective, lines.units, isMeasured, nowMs);
      if (transition !== null) this.#tell(transition);
    }
  }

  #tell(transition: Transition): void {
    const { objective, rule, to, long, short } = transition;
    this.transitions.push(transition);
    if (this.transitions.length > MOST_TRANSITIONS) this.transitions.shift();
    this.#log.warn({ objective, rule: rule.name, severity: rule.severity, long, short }, `alert ${to}`);
    this.#onTransition(transition);
  }

  #isMeasured({ objective, lines }: Pick<Judged, 'objective' | 'lines'>, range: Minutes): boolean {
    return isMeasuredIn({ source: lines.source, present: this.#present(objective) }, range);
  }

  #present({ indicator }: Objective): CountLine[] {
    return [...this.#lines].flatMap(([series, line]) => {
      const vm = presentVm(series);
      return vm !== null && nameFits(indicator.total.vm, vm) ? [line] : [];
    });
  }

  /** How each stands at that moment. @param minutes instead of each one's own window: alerts, which are of now, are left out then */
  results(nowMs: number, minutes?: Minutes): SloResult[] {
    this.#take();
    return this.#judged.map(({ objective, lines, alerts }) =>
      resultOf(objective, { ...lines, present: this.#present(objective) }, minutes ? [] : alerts, nowMs, minutes),
    );
  }
}
