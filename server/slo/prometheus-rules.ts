/** Burn-rate rules for who lets Prometheus judge: over the counters of `/metrics`, with the limits of the objectives. */
import { ALERT_NAME, alertLabels } from './alert-labels.ts';
import { minutesText } from './duration.ts';
import type { Operator } from './indicator.ts';
import { budgetOf, type Objective } from './objective.ts';
import type { AlertRule } from './presets.ts';
import { promiseOf } from './promise.ts';

export const EVENTS = 'hopscope_slo_events_total';
export const BAD_EVENTS = 'hopscope_slo_bad_events_total';

interface RecordingRule {
  record: string;
  expr: string;
}

interface AlertingRule {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** A rules file, as Prometheus reads it. */
export interface RulesFile {
  groups: { name: string; rules: (RecordingRule | AlertingRule)[] }[];
}

const OPERATORS: Record<Operator, string> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** One group: rules of a group are evaluated in their order, so alerts see the shares of the same moment. */
export function prometheusRules(objectives: readonly Objective[]): RulesFile {
  const windows = objectives.flatMap(({ rules }) => rules.flatMap(windowsOf));
  const shares = [...new Set(windows)].sort((a, b) => a - b).map(shareRule);
  const alerts = objectives.flatMap((objective) => objective.rules.map((rule) => alertRule(objective, rule)));
  return { groups: alerts.length === 0 ? [] : [{ name: 'hopscope-slo', rules: [...shares, ...alerts] }] };
}

function windowsOf({ longMinutes, shortMinutes }: AlertRule): number[] {
  return shortMinutes === null ? [longMinutes] : [longMinutes, shortMinutes];
}

function shareName(minutes: number): string {
  return `hopscope:slo_bad_events:ratio_increase${minutesText(minutes)}`;
}

/** Of all objectives at once. */
function shareRule(minutes: number): RecordingRule {
  const increase = (name: string) => `increase(${name}[${minutesText(minutes)}])`;
  return { record: shareName(minutes), expr: `${increase(BAD_EVENTS)} / ${increase(EVENTS)}` };
}

function alertRule(objective: Objective, rule: AlertRule): AlertingRule {
  const holds = (minutes: number) =>
    `${shareName(minutes)}{objective="${objective.id}"} ${OPERATORS[rule.op]} (${rule.factor} * ${budgetOf(objective)})`;
  const windows = windowsOf(rule).map(minutesText).join(' and ');
  const words = rule.op.startsWith('g') ? 'more than' : 'less than';
  return {
    alert: ALERT_NAME,
    expr: windowsOf(rule).map(holds).join(' and '),
    ...(rule.forMinutes > 0 && { for: `${rule.forMinutes}m` }),
    labels: alertLabels(objective, rule),
    annotations: {
      summary: plain(
        `${objective.title}: the budget burns ${words} ${Number(rule.factor.toPrecision(6))} times as fast as it may in ${windows}`,
      ),
      promise: plain(promiseOf(objective)),
    },
  };
}

/** Annotations are templates, and titles are the user's. */
function plain(text: string): string {
  return text.replaceAll('{{', '{{ "{{" }}');
}
