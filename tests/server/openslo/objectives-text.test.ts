import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readObjectives, writeObjectives } from '../../../server/openslo/objectives-text.ts';

/** The specification's own examples: see the notice beside them. */
const SPEC = join(import.meta.dirname, '../../fixtures/openslo');
const SPEC_FILES = readdirSync(SPEC).filter((name) => name.endsWith('.yaml'));
const EXAMPLE = readFileSync(join(import.meta.dirname, '../../../examples/objectives.yaml'), 'utf8');

function read(text: string) {
  const result = readObjectives(text);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.file;
}

function faults(text: string): string[] {
  const result = readObjectives(text);
  return result.ok ? [] : result.faults.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** A good SLO with one line of it replaced. */
function slo(line: string, instead: string): string {
  const text = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: fast
spec:
  service: web
  indicator:
    metadata: { name: fast }
    spec:
      thresholdMetric:
        metricSource:
          type: Hopscope
          spec:
            time: platform
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - op: lte
      value: 5
      target: 0.99
`;
  expect(text).toContain(line);
  return text.replace(line, instead);
}

describe('an objectives file', () => {
  it.each(SPEC_FILES)('loads the example %s of the specification and writes it again without loss', (name) => {
    const text = readFileSync(join(SPEC, name), 'utf8');
    const { documents } = read(text);
    // Read by nobody but the YAML parser.
    const values = parseAllDocuments(text).map((document) => document.toJS());
    expect(documents.length).toBeGreaterThan(0);
    expect(documents).toEqual(values);
    expect(read(writeObjectives(documents)).documents).toEqual(values);
  });

  it('has examples of the specification of every kind but Service', () => {
    const kinds = SPEC_FILES.flatMap((name) => read(readFileSync(join(SPEC, name), 'utf8')).documents);
    expect([...new Set(kinds.map(({ kind }) => kind))].sort()).toEqual([
      ...['AlertCondition', 'AlertNotificationTarget', 'AlertPolicy', 'DataSource', 'SLI', 'SLO'],
    ]);
  });

  it('says of an SLO about other metrics that it is not judged, and why', () => {
    const { objectives, unjudged } = read(readFileSync(join(SPEC, 'budgeting-method-occurences-slo.yaml'), 'utf8'));
    expect(objectives).toEqual([]);
    expect(unjudged).toEqual([
      { slo: 'search-slo', why: 'its metric source is Any: Hopscope judges those of type Hopscope' },
    ]);
  });

  it('loads our own example: each of its four is judged, and it is written again without loss', () => {
    const { objectives, unjudged, documents } = read(EXAMPLE);
    expect(unjudged).toEqual([]);
    expect(objectives.map(({ id, target, method }) => [id, target, method])).toEqual([
      ['web-fast', 0.99, 'Occurrences'],
      ['web-available', 0.999, 'Occurrences'],
      ['platform-fast', 0.99, 'Occurrences'],
      ['tenant-fast', 0.99, 'Timeslices'],
    ]);
    expect(objectives[2]!.indicator.threshold).toEqual({ time: 'platform', op: 'lte', ns: 5_000_000 });
    expect(objectives[1]!.indicator.numerator).toEqual({ selector: { status: ['5xx'] }, isBad: true });
    expect(objectives[0]!.indicator.healthChecks).toEqual(['/healthz']);
    expect(read(writeObjectives(documents)).documents).toEqual(documents);
  });

  it('finds what it refers to in other documents: indicators, policies, conditions', () => {
    const refers = slo('  indicator:\n    metadata: { name: fast }\n    spec:\n', '  indicatorRef: times\n  x:\n')
      .replace(/ {2}x:\n( {6,}.*\n)+/, '')
      .concat('  alertPolicies:\n    - alertPolicyRef: calm\n');
    const sli = `---
apiVersion: openslo/v1
kind: SLI
metadata: { name: times }
spec: { thresholdMetric: { metricSource: { type: Hopscope, spec: { time: vnic, unit: us } } } }
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: { name: calm }
spec:
  alertWhenBreaching: true
  conditions: [{ conditionRef: slow-burn }]
  notificationTargets: []
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: { name: slow-burn }
spec:
  severity: ticket
  condition: { kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m }
`;
    const [objective] = read(refers + sli).objectives;
    expect(objective!.indicator.threshold).toEqual({ time: 'vnic', op: 'lte', ns: 5_000 });
    expect(objective!.rules).toEqual([
      {
        ...{ name: 'slow-burn', severity: 'ticket', op: 'gte', factor: 2 },
        ...{ longMinutes: 60, shortMinutes: null, forMinutes: 5 },
      },
    ]);
    expect(read(refers).unjudged).toEqual([{ slo: 'fast', why: 'there is no SLI named times in the file' }]);
  });

  it.each([
    ['a wrong kind', 'kind: SLO', 'kind: SLA', '2:7 expected one of DataSource, SLO, SLI'],
    ['a wrong target', 'target: 0.99', 'target: 99', '22:15 expected a target below 1, as 0.999'],
    ['a target in two ways', 'target: 0.99', 'target: 0.99\n      targetPercent: 99', '20:7 expected either target'],
    [
      'a misspelt key',
      'budgetingMethod: Occurrences',
      'budgetMethod: Occurrences',
      '18:17 there is no budgetMethod here',
    ],
    ['a wrong duration', 'duration: 30d', 'duration: 30 days', '16:17 expected a duration such as 5m'],
    ['a time that nobody measures', 'time: platform', 'time: disk', '14:19 expected one of end-to-end, platform'],
    ['a misspelt selector', 'time: platform', 'vms: [a]', '14:18 there is no vms here'],
    ['a missing limit', '      value: 5\n', '', '20:7 expected "value", the limit in ms'],
    ['no slices', 'budgetingMethod: Occurrences', 'budgetingMethod: Timeslices', '20:7 expected timeSliceWindow'],
    ['no YAML', 'metadata:\n', 'metadata: [\n', '5:1 Flow sequence'],
    [
      'an alert that is not known',
      '  name: fast',
      '  name: fast\n  annotations: { hopscope.dev/alerts: gogle }',
      '5:39 expected one of google',
    ],
  ])('says of %s where it is and what was expected', (_what, line, instead, message) => {
    const found = faults(slo(line, instead));
    expect(found[0]).toContain(message);
    expect(found[0]!.startsWith(message.split(' ', 1)[0]!)).toBe(true);
  });

  it('tells every fault of a file at once', () => {
    const text = slo('target: 0.99', 'target: 2').replace('duration: 30d', 'duration: 0d');
    expect(faults(text)).toHaveLength(2);
  });

  it('refuses two of one name, and takes a file without a document', () => {
    const one = slo('target: 0.99', 'target: 0.99');
    expect(faults(`${one}---\n${one}`)).toEqual([expect.stringContaining('expected another name')]);
    expect(read('# nothing yet\n').documents).toEqual([]);
  });

  it('is not blown up by aliases', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++)
      bomb.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(faults(bomb.join('\n')).length).toBeGreaterThan(0);
  });
});
