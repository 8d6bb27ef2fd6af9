/**
 * Real Prometheus as a judge of our alerts: promtool runs its rule engine over
 * the exported rules and the counters as they were scraped at each whole
 * minute, and compares what fires then with what fires here.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertLabels } from '../../../server/slo/alert-labels.ts';
import { alertStates, stepAlert } from '../../../server/slo/alerts.ts';
import { CountLine } from '../../../server/slo/count-line.ts';
import { EventCounter } from '../../../server/slo/event-counter.ts';
import { type Counts, noCounts, TALLIES } from '../../../server/slo/indicator.ts';
import { MINUTE_MS } from '../../../server/slo/minute-counts.ts';
import type { Objective } from '../../../server/slo/objective.ts';
import { BAD_EVENTS, EVENTS, prometheusRules } from '../../../server/slo/prometheus-rules.ts';
import { UNIT_NAMES } from '../../../server/slo/result.ts';
import { UnitLine } from '../../../server/slo/unit-line.ts';
import { rulesText } from '../../../server/slo-rules.ts';

export interface Minute {
  total: number;
  bad: number;
}

/** One objective's requests, minute by minute from a common start, and what came of them here. */
export interface JudgedSeries {
  objective: Objective;
  /** Counters as they are scraped at the end of each minute, the start included. */
  scraped: Minute[];
  /** How many minutes are between two judgements. */
  every: number;
  /** Names of the rules that fire, from the start on. */
  firing: string[][];
  transitions: number;
}

/** As a server counts and judges them: at the end of minutes, with that minute's requests in. */
export function judge(objective: Objective, minutes: readonly Minute[], startMs: number, every = 1): JudgedSeries {
  const source = new CountLine();
  const units = new UnitLine(objective, source);
  const counter = new EventCounter(objective, units, startMs);
  const alerts = alertStates(objective);
  const judged: JudgedSeries = { objective, scraped: [], every, firing: [], transitions: 0 };
  for (let i = 0; i <= minutes.length; i++) {
    const atMs = startMs + i * MINUTE_MS;
    judged.scraped.push({ ...counter.read(atMs) });
    if (i % every === 0) {
      const told = alerts.filter((alert) => stepAlert(alert, objective, units, () => true, atMs) !== null);
      judged.transitions += told.length;
      judged.firing.push(alerts.filter(({ state }) => state === 'firing').map(({ rule }) => rule.name));
    }
    const next = minutes[i];
    if (next === undefined || next.total === 0) continue;
    source.add(atMs / MINUTE_MS, countsOf(next));
    units.changed(atMs / MINUTE_MS);
  }
  return judged;
}

function countsOf({ total, bad }: Minute): Counts {
  const counts = noCounts();
  counts[TALLIES.indexOf('total')] = total;
  counts[TALLIES.indexOf('good')] = total - bad;
  return counts;
}

/** @returns what Prometheus does not agree with, in its own words; empty where it agrees */
export async function disagreement(all: readonly JudgedSeries[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-rules-'));
  try {
    const objectives = all.map(({ objective }) => objective);
    writeFileSync(join(folder, 'rules.yml'), rulesText(objectives));
    // YAML reads JSON.
    writeFileSync(join(folder, 'test.yml'), JSON.stringify(testOf(all)));
    return await promtool('test', 'rules', join(folder, 'test.yml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns its complaints @throws Error where it cannot be had, or is one with another idea of windows */
export async function promtool(...args: string[]): Promise<string> {
  const child = spawn('promtool', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const out of [child.stdout, child.stderr]) out.on('data', (chunk) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return code === 0 ? '' : text || `promtool ended with ${code}`;
}

function testOf(all: readonly JudgedSeries[]) {
  const [{ every, firing }] = all as [JudgedSeries];
  return {
    rule_files: ['rules.yml'],
    evaluation_interval: `${every}m`,
    tests: [
      {
        interval: '1m',
        input_series: all.flatMap(({ objective, scraped }) => [
          { series: seriesOf(EVENTS, objective), values: scraped.map(({ total }) => total).join(' ') },
          { series: seriesOf(BAD_EVENTS, objective), values: scraped.map(({ bad }) => bad).join(' ') },
        ]),
        alert_rule_test: firing.map((_, i) => ({
          eval_time: `${i * every}m`,
          alertname: 'HopscopeErrorBudgetBurn',
          exp_alerts: all.flatMap((one) => one.firing[i]!.map((rule) => expected(one.objective, rule))),
        })),
      },
    ],
  };
}

function seriesOf(name: string, { id, slo, service, method }: Objective): string {
  return `${name}{objective="${id}",slo="${slo}",service="${service}",unit="${UNIT_NAMES[method]}"}`;
}

function expected(objective: Objective, name: string) {
  const rule = objective.rules.find((one) => one.name === name)!;
  const rules = prometheusRules([objective]).groups[0]!.rules;
  const exported = rules.find((one) => 'alert' in one && one.labels.rule === name);
  const { annotations } = exported as { annotations: Record<string, string> };
  return {
    exp_labels: { ...alertLabels(objective, rule), unit: UNIT_NAMES[objective.method] },
    exp_annotations: Object.fromEntries(
      // As the templates come out.
      Object.entries(annotations).map(([key, text]) => [key, text.replaceAll('{{ "{{" }}', '{{')]),
    ),
  };
}
