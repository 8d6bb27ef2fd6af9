/** What is told of an alert, and its forms for those who are told. */
import { ALERT_NAME, alertLabels } from '../slo/alert-labels.ts';
import { burnOf } from '../slo/alerts.ts';
import { minutesText } from '../slo/duration.ts';
import type { Objective } from '../slo/objective.ts';
import type { AlertRule } from '../slo/presets.ts';
import { promiseOf } from '../slo/promise.ts';
import type { Spent } from '../slo/unit-line.ts';

export interface Notice {
  readonly objective: Objective;
  readonly rule: AlertRule;
  readonly startsMs: number;
  /** Null while it fires. */
  readonly endsMs: number | null;
  /** What the windows of the rule had; short null where it has none. */
  readonly long: Spent;
  readonly short: Spent | null;
}

/** The same after a restart, and for every firing of that alert. */
export function keyOf({ objective, rule }: Pick<Notice, 'objective' | 'rule'>): string {
  return `${objective.id}/${rule.name}`;
}

export function summaryOf(notice: Notice): string {
  const { objective, rule, long, short, endsMs } = notice;
  const burns = [burnText(long, rule.longMinutes, objective)];
  if (short !== null) burns.push(burnText(short, rule.shortMinutes!, objective));
  const state = endsMs === null ? 'burns' : 'burns no more';
  return `${objective.title}: the budget ${state} too fast: ${burns.join(', ')} (limit ${Number(rule.factor.toPrecision(6))} times)`;
}

function burnText(spent: Spent, minutes: number, objective: Objective): string {
  const burn = burnOf(spent, objective);
  return `${burn === null ? 'no data' : `${Number(burn.toFixed(1))} times`} in ${minutesText(minutes)}`;
}

/** The body of a webhook: one notice. @param url of this server, for who wants to look */
export function webhookBody(notice: Notice, url: string | null): string {
  const { objective, rule, long, short, startsMs, endsMs } = notice;
  const windowOf = (spent: Spent, minutes: number) => ({ minutes, ...spent, burn: burnOf(spent, objective) });
  return JSON.stringify({
    ...{ version: 1, status: statusOf(notice), key: keyOf(notice) },
    ...{ startsAt: iso(startsMs), endsAt: endsMs === null ? null : iso(endsMs) },
    ...{ summary: summaryOf(notice), promise: promiseOf(objective), url },
    ...{ objective: objective.id, slo: objective.slo, service: objective.service, target: objective.target },
    ...{ rule: rule.name, severity: rule.severity, factor: rule.factor },
    long: windowOf(long, rule.longMinutes),
    short: short === null ? null : windowOf(short, rule.shortMinutes!),
  });
}

function statusOf({ endsMs }: Notice): 'firing' | 'resolved' {
  return endsMs === null ? 'firing' : 'resolved';
}

/** An alert as Alertmanager's API v2 takes it. @param untilMs when it is over if nobody says more of it */
export function alertmanagerAlert(notice: Notice, untilMs: number, url: string | null): unknown {
  return {
    labels: { alertname: ALERT_NAME, ...alertLabels(notice.objective, notice.rule) },
    annotations: { summary: summaryOf(notice), promise: promiseOf(notice.objective) },
    startsAt: iso(notice.startsMs),
    endsAt: iso(notice.endsMs ?? untilMs),
    ...(url !== null && { generatorURL: url }),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
