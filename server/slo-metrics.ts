/** Objectives in `/metrics`: their events, their targets, and which of their alerts fire by our own judgement. */
import type { MetricsText, Sample } from './metrics-text.ts';
import { alertLabels } from './slo/alert-labels.ts';
import { EventCounter } from './slo/event-counter.ts';
import { BAD_EVENTS, EVENTS } from './slo/prometheus-rules.ts';
import { UNIT_NAMES } from './slo/result.ts';
import type { UnitLine } from './slo/unit-line.ts';
import type { Judged } from './slo-engine.ts';

export class SloMetrics {
  /** From the first scrape on; an objective that changes begins anew. */
  readonly #counters = new WeakMap<UnitLine, EventCounter>();

  write(text: MetricsText, judged: readonly Judged[], nowMs: number): void {
    const read = judged.map(({ objective, lines: { units } }) => {
      const counter = this.#counters.get(units) ?? new EventCounter(objective, units, nowMs);
      this.#counters.set(units, counter);
      const { id, slo, service, method } = objective;
      return { labels: { objective: id, slo, service, unit: UNIT_NAMES[method] }, ...counter.read(nowMs) };
    });
    const samples = (of: 'total' | 'bad'): Sample[] => read.map((one) => ({ labels: one.labels, value: one[of] }));
    text.family(
      EVENTS,
      'counter',
      'What the budget of an objective is counted in, since it was scraped first.',
      samples('total'),
    );
    text.family(BAD_EVENTS, 'counter', 'Those of them that use up its budget.', samples('bad'));
    text.family(
      'hopscope_slo_target_ratio',
      'gauge',
      'Share of the events that have to be good.',
      judged.map(({ objective: { id, target } }) => ({ labels: { objective: id }, value: target })),
    );
    text.family(
      'hopscope_slo_alert_firing',
      'gauge',
      'Whether an alert fires by our own judgement, which holds where minutes are missing.',
      judged.flatMap(({ objective, alerts }) =>
        alerts.map(({ rule, state }) => ({ labels: alertLabels(objective, rule), value: state === 'firing' ? 1 : 0 })),
      ),
    );
  }
}
