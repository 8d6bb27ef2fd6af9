import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadObjectives } from '../../../server/objectives-file.ts';
import type { Objective } from '../../../server/slo/objective.ts';
import { prometheusRules } from '../../../server/slo/prometheus-rules.ts';
import { rulesText } from '../../../server/slo-rules.ts';
import { nightlyMaintenance, presetObjective, presetObjectives, randomMinutes } from './random-weeks.ts';
import { disagreement, judge, promtool } from './rule-oracle.ts';

const START = Date.UTC(2026, 2, 1);
const EXAMPLES = join(import.meta.dirname, '../../../examples/objectives.yaml');

async function checked(objectives: readonly Objective[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-rules-'));
  try {
    writeFileSync(join(folder, 'rules.yml'), rulesText(objectives));
    return await promtool('check', 'rules', join(folder, 'rules.yml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the exported rules', () => {
  it('are what Prometheus takes: of the examples, of every preset, and of no objective', async () => {
    const { objectives } = loadObjectives(EXAMPLES);
    expect(await checked(objectives)).toBe('');
    expect(await checked(presetObjectives([]))).toBe('');
    expect(await checked([])).toBe('');
  });

  it('have the limits and windows of the objective, one share for each window', () => {
    const { groups } = prometheusRules([presetObjective('a', 'pyrra', 0.999, 28, false)]);
    const rules = groups[0]!.rules;
    expect(rules.filter((rule) => 'record' in rule)).toHaveLength(7);
    expect(rules.find((rule) => 'alert' in rule)).toMatchObject({
      alert: 'HopscopeErrorBudgetBurn',
      expr:
        'hopscope:slo_bad_events:ratio_increase1h{objective="a"} > (14 * 0.001) and ' +
        'hopscope:slo_bad_events:ratio_increase5m{objective="a"} > (14 * 0.001)',
      for: '2m',
      labels: { objective: 'a', slo: 'a', service: 'web', rule: 'critical-1h', severity: 'critical' },
    });
  });

  it('fire and resolve in a real Prometheus in the same minutes as here', async () => {
    const all = presetObjectives(nightlyMaintenance(START, 1)).map((objective, i) =>
      judge(objective, randomMinutes(i + 1, 240), START),
    );
    expect(all.reduce((sum, { transitions }) => sum + transitions, 0)).toBeGreaterThan(5);
    expect(await disagreement(all)).toBe('');
  }, 60_000);

  it('are judged by a Prometheus that does complain: of an alert that fires a minute later here', async () => {
    const objective = presetObjective('a', 'google', 0.999, 30, false);
    const one = judge(
      objective,
      Array.from({ length: 20 }, (_, i) => ({ total: 100, bad: i > 5 ? 50 : 0 })),
      START,
    );
    expect(await disagreement([one])).toBe('');
    one.firing[one.firing.findIndex((names) => names.length > 0)] = [];
    expect(await disagreement([one])).toContain('exp:[');
  }, 60_000);
});
