/** What an alert is called wherever it is told of: one route of an Alertmanager takes ours and Prometheus' own. */
import type { Objective } from './objective.ts';
import type { AlertRule } from './presets.ts';

export const ALERT_NAME = 'HopscopeErrorBudgetBurn';

/** Beside the name: what makes two alerts the same one. */
export function alertLabels({ id, slo, service }: Objective, { name, severity }: AlertRule): Record<string, string> {
  return { objective: id, slo, service, rule: name, severity };
}
