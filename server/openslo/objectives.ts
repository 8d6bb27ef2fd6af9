/** From OpenSLO documents to objectives that Hopscope counts, alerts on and reports. */
import type * as z from 'zod';
import { parseLocalTime } from '../slo/calendar.ts';
import { minutesOf, parseDuration } from '../slo/duration.ts';
import type { Indicator, Threshold } from '../slo/indicator.ts';
import type { Objective } from '../slo/objective.ts';
import { type AlertRule, PRESETS, type Preset, presetRules } from '../slo/presets.ts';
import type { TimeName } from '../slo/times.ts';
import type { SloUnjudged } from '../wire/slo-views.ts';
import {
  type Exclusions,
  SOURCE_TYPE,
  selectorOf,
  shareSource,
  thresholdSource,
  totalSource,
  UNITS_NS,
} from './hopscope-source.ts';
import type {
  ConditionSpec,
  DocumentOf,
  IndicatorSpec,
  Metric,
  ObjectiveSpec,
  OpenSloDocument,
  PolicySpec,
} from './schema.ts';

/** Which rules an SLO alerts by; OpenSLO has annotations for what only one implementation knows. */
export const ALERTS_ANNOTATION = 'hopscope.dev/alerts';
/** Where a file does not say: four whole weeks, so that every window has as many weekends. */
const DEFAULT_WINDOW = { length: { count: 28, unit: 'd' as const }, calendar: null };

/** Something is wrong at a path of a document. */
export class ObjectiveFault extends Error {
  readonly path: readonly PropertyKey[];

  constructor(path: readonly PropertyKey[], message: string) {
    super(message);
    this.path = path;
  }
}

/** An SLO that is about somebody else's metrics, or lacks what it refers to. */
class Unjudged extends Error {}

/** What documents refer to, by kind and name. */
export type References = (kind: OpenSloDocument['kind'], name: string) => OpenSloDocument | undefined;

/** @throws ObjectiveFault */
export function objectivesOf(
  document: DocumentOf<'SLO'>,
  find: References,
): { objectives: Objective[]; unjudged: SloUnjudged | null } {
  try {
    return { objectives: document.spec.objectives.map((_, i) => objectiveOf(document, i, find)), unjudged: null };
  } catch (error) {
    if (!(error instanceof Unjudged)) throw error;
    return { objectives: [], unjudged: { slo: document.metadata.name, why: error.message } };
  }
}

function objectiveOf(document: DocumentOf<'SLO'>, index: number, find: References): Objective {
  const { metadata, spec } = document;
  const own = spec.objectives[index]!;
  const at = ['spec', 'objectives', index];
  const { indicator, maintenance } = indicatorOf(document, own, at, find);
  const window = windowOf(spec.timeWindow?.[0]);
  const method = spec.budgetingMethod ?? 'Occurrences';
  const target = own.target ?? Number((own.targetPercent! / 100).toFixed(12));
  if (target === 0) throw new ObjectiveFault([...at, 'target'], 'expected a target above 0: nothing can miss this one');
  return {
    id: spec.objectives.length === 1 ? metadata.name : `${metadata.name}.${index + 1}`,
    slo: metadata.name,
    ...(isComposite(spec.objectives) && { weight: own.compositeWeight ?? 1 }),
    title: [metadata.displayName ?? metadata.name, ...(own.displayName ? [own.displayName] : [])].join(': '),
    service: spec.service,
    indicator,
    target,
    method,
    slice: method === 'Occurrences' ? null : sliceOf(own, method),
    window,
    rules: rulesOf(document, minutesOf(window.length), find),
    maintenance,
  };
}

/** The specification's composite: several objectives, of which some have an indicator or a weight of their own. */
function isComposite(objectives: readonly ObjectiveSpec[]): boolean {
  const isPart = ({ indicator, indicatorRef, compositeWeight }: ObjectiveSpec) =>
    (indicator ?? indicatorRef ?? compositeWeight) !== undefined;
  return objectives.length > 1 && objectives.some(isPart);
}

function sliceOf({ timeSliceWindow, timeSliceTarget }: ObjectiveSpec, method: Objective['method']): Objective['slice'] {
  const minutes = typeof timeSliceWindow === 'number' ? timeSliceWindow : minutesOf(parseDuration(timeSliceWindow!)!);
  return { minutes, target: method === 'Timeslices' ? timeSliceTarget! : null };
}

function windowOf(
  window: NonNullable<DocumentOf<'SLO'>['spec']['timeWindow']>[number] | undefined,
): Objective['window'] {
  if (window === undefined) return DEFAULT_WINDOW;
  const { duration, calendar } = window;
  const start = calendar && { start: parseLocalTime(calendar.startTime)!, timeZone: calendar.timeZone };
  return { length: parseDuration(duration)!, calendar: start ?? null };
}

interface Counted {
  indicator: Indicator;
  maintenance: Objective['maintenance'];
}

function indicatorOf(
  { spec: slo }: DocumentOf<'SLO'>,
  own: ObjectiveSpec,
  at: readonly PropertyKey[],
  find: References,
): Counted {
  const holder = own.indicator || own.indicatorRef ? own : slo;
  const place = holder === own ? at : ['spec'];
  const reference = holder.indicatorRef;
  const spec = holder.indicator?.spec ?? (reference === undefined ? undefined : sliOf(reference, find));
  if (spec === undefined) throw new ObjectiveFault(place, 'expected an indicator or an indicatorRef');
  // What stands in another document is found there, not here.
  const within = holder.indicator ? [...place, 'indicator', 'spec'] : [...place, 'indicatorRef'];
  return spec.thresholdMetric ? byThreshold(spec.thresholdMetric, own, within, at) : byShare(spec.ratioMetric!, within);
}

function sliOf(name: string, find: References): IndicatorSpec {
  const found = find('SLI', name);
  if (found?.kind !== 'SLI') throw new Unjudged(`there is no SLI named ${name} in the file`);
  return found.spec;
}

function byThreshold(metric: Metric, own: ObjectiveSpec, at: PropertyKey[], ownAt: readonly PropertyKey[]): Counted {
  const { exclude, time, unit, ...rest } = sourceOf(metric, thresholdSource, [...at, 'thresholdMetric']);
  const { op, value } = own;
  if (op === undefined) throw new ObjectiveFault(ownAt, 'expected "op", such as lte: what a good time is');
  if (value === undefined) throw new ObjectiveFault(ownAt, `expected "value", the limit in ${unit}`);
  const threshold: Threshold = { time: time as TimeName, op, ns: Math.round(value * UNITS_NS[unit]) };
  return counted({ total: selectorOf({ exclude, ...rest }), threshold }, exclude);
}

function byShare(metric: NonNullable<IndicatorSpec['ratioMetric']>, at: PropertyKey[]): Counted {
  const { good, bad, total } = metric;
  if (total === undefined) throw new Unjudged('its ratio was made elsewhere ("raw"): Hopscope counts requests itself');
  const where = [...at, 'ratioMetric'];
  const all = sourceOf(total, totalSource, [...where, 'total']);
  const share = sourceOf((good ?? bad)!, shareSource, [...where, good ? 'good' : 'bad']);
  const { time = 'end-to-end', within } = share;
  // A bad one is not within.
  const op = good ? 'lte' : 'gt';
  return counted(
    {
      total: selectorOf(all),
      numerator: { selector: selectorOf(share), isBad: good === undefined },
      ...(within !== undefined && { threshold: { time: time as TimeName, op, ns: within } }),
    },
    all.exclude,
  );
}

function counted(indicator: Omit<Indicator, 'longPolls' | 'healthChecks'>, exclude: Exclusions): Counted {
  const { longPolls, healthChecks, maintenance } = exclude;
  const stretches = maintenance.map(({ from, to, why }) => ({ fromMs: from, toMs: to, why }));
  return { indicator: { ...indicator, longPolls, healthChecks }, maintenance: stretches };
}

function sourceOf<S extends z.ZodType>({ metricSource }: Metric, schema: S, at: PropertyKey[]): z.output<S> {
  const { type, metricSourceRef, spec } = metricSource;
  if (type !== SOURCE_TYPE) {
    const what = type ?? metricSourceRef ?? 'nothing';
    throw new Unjudged(`its metric source is ${what}: Hopscope judges those of type ${SOURCE_TYPE}`);
  }
  const parsed = schema.safeParse(spec ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues as [z.core.$ZodIssue];
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  throw new ObjectiveFault([...at, 'metricSource', 'spec', ...issue.path, ...unknown], messageOf(issue));
}

/** What was expected, in words; of an unknown key its name. */
export function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `there is no ${issue.keys.join(', ')} here`;
  if (issue.code === 'invalid_union') return unionMessage(issue);
  return issue.message.replace(/^Invalid input: /, '');
}

/** Of what may be one of several forms: what the nearest one lacks. */
function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  if (issue.errors.length === 0 || !/^Invalid input$/.test(issue.message)) return issue.message;
  const [nearest] = issue.errors.toSorted((a, b) => a.length - b.length);
  return nearest?.[0] === undefined ? issue.message : messageOf(nearest[0]);
}

function rulesOf({ metadata, spec }: DocumentOf<'SLO'>, windowMinutes: number, find: References): AlertRule[] {
  const preset = metadata.annotations?.[ALERTS_ANNOTATION];
  if (preset !== undefined && !PRESETS.some((known) => known === preset)) {
    throw new ObjectiveFault(['metadata', 'annotations', ALERTS_ANNOTATION], `expected one of ${PRESETS.join(', ')}`);
  }
  const policies = (spec.alertPolicies ?? []).flatMap((policy) => policyRules(policy, find));
  const byDefault: Preset = policies.length > 0 ? 'none' : 'google';
  return [...presetRules((preset as Preset | undefined) ?? byDefault, windowMinutes), ...policies];
}

function policyRules(
  policy: NonNullable<DocumentOf<'SLO'>['spec']['alertPolicies']>[number],
  find: References,
): AlertRule[] {
  const spec = 'alertPolicyRef' in policy ? named('AlertPolicy', policy.alertPolicyRef, find) : policy.spec;
  return (spec as PolicySpec).conditions.map((one) =>
    'conditionRef' in one
      ? ruleOf(one.conditionRef, named('AlertCondition', one.conditionRef, find) as ConditionSpec)
      : ruleOf(one.metadata.name, one.spec),
  );
}

function named(kind: OpenSloDocument['kind'], name: string, find: References): unknown {
  const found = find(kind, name);
  if (found === undefined) throw new Unjudged(`there is no ${kind} named ${name} in the file`);
  return found.spec;
}

function ruleOf(name: string, { severity, condition }: ConditionSpec): AlertRule {
  const { op, threshold, lookbackWindow, alertAfter = '0m' } = condition;
  const after = parseDuration(alertAfter);
  return {
    ...{ name, severity, op, factor: threshold },
    longMinutes: minutesOf(parseDuration(lookbackWindow)!),
    shortMinutes: null,
    forMinutes: after === null ? 0 : minutesOf(after),
  };
}
