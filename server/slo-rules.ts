/** `hopscope slo rules`: objectives as a rules file for Prometheus. */
import { stringify } from 'yaml';
import type { Objective } from './slo/objective.ts';
import { prometheusRules } from './slo/prometheus-rules.ts';

const HEAD = `# Burn-rate alerts over hopscope_slo_events_total and hopscope_slo_bad_events_total of /metrics.
# Made by hopscope slo rules; make it again when the objectives change.
# Prometheus ends an alert where data is missing. Hopscope's own alerts hold then: hopscope_slo_alert_firing.
`;

export function rulesText(objectives: readonly Objective[]): string {
  return `${HEAD}${stringify(prometheusRules(objectives), { lineWidth: 0 })}`;
}
