/** The seven kinds of OpenSLO v1, as the specification has them. What it leaves open stays as it is. */
import * as z from 'zod';
import { isTimeZone, parseLocalTime } from '../slo/calendar.ts';
import { parseDuration } from '../slo/duration.ts';
import { OPERATORS } from '../slo/indicator.ts';
import { METHODS } from '../slo/objective.ts';

const text = z.string().min(1, 'expected a text that is not empty');
/** The specification asks for names of DNS at least; its own examples have capitals. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/, 'expected a name of at most 63 letters, digits and dashes');
const description = z.string().max(1050, 'expected at most 1050 characters').optional();
const duration = z
  .string('expected a duration such as 5m, 1h, 30d, 4w, 1M, 1Q or 1Y')
  .refine((value) => parseDuration(value) !== null, 'expected a duration such as 5m, 1h, 30d, 4w, 1M, 1Q or 1Y');
const operator = z.enum(OPERATORS, `expected one of ${OPERATORS.join(', ')}`);

const metadata = z.strictObject({
  name,
  displayName: z.string().optional(),
  labels: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const metricSource = z.strictObject({
  metricSourceRef: text.optional(),
  type: text.optional(),
  spec: z.unknown().optional(),
});
const metric = z.strictObject({ metricSource });
export type Metric = z.output<typeof metric>;

const indicatorSpec = z
  .strictObject({
    description,
    thresholdMetric: metric.optional(),
    ratioMetric: z
      .strictObject({
        counter: z.boolean().optional(),
        good: metric.optional(),
        bad: metric.optional(),
        total: metric.optional(),
        rawType: z.enum(['success', 'failure']).optional(),
        raw: metric.optional(),
      })
      .refine(
        ({ good, bad, total, raw }) =>
          raw === undefined
            ? total !== undefined && (good === undefined) !== (bad === undefined)
            : [good, bad, total].every((other) => other === undefined),
        'expected "total" with either "good" or "bad", or "raw" alone',
      )
      .optional(),
  })
  .refine(
    ({ thresholdMetric, ratioMetric }) => (thresholdMetric === undefined) !== (ratioMetric === undefined),
    'expected either thresholdMetric or ratioMetric',
  );
export type IndicatorSpec = z.output<typeof indicatorSpec>;
const indicator = z.strictObject({ metadata, spec: indicatorSpec });

const oneTarget = ({ target, targetPercent }: { target?: number | undefined; targetPercent?: number | undefined }) =>
  (target === undefined) !== (targetPercent === undefined);
const objective = z
  .strictObject({
    displayName: z.string().optional(),
    op: operator.optional(),
    value: z.number('expected a number').optional(),
    target: z.number('expected a number').min(0).lt(1, 'expected a target below 1, as 0.999').optional(),
    targetPercent: z.number('expected a number').min(0).lt(100, 'expected a percentage below 100').optional(),
    timeSliceTarget: z.number('expected a number').min(0).max(1).optional(),
    timeSliceWindow: z.union([z.int().positive(), duration], 'expected minutes, or a duration such as 1m').optional(),
    indicator: indicator.optional(),
    indicatorRef: text.optional(),
    compositeWeight: z.number().positive().optional(),
  })
  .refine(oneTarget, 'expected either target, as 0.999, or targetPercent, as 99.9');
export type ObjectiveSpec = z.output<typeof objective>;

const timeWindow = z
  .strictObject({
    duration,
    isRolling: z.boolean().optional(),
    calendar: z
      .strictObject({
        startTime: z
          .string()
          .refine((value) => parseLocalTime(value) !== null, 'expected a time such as 2020-01-21 12:30:00'),
        timeZone: z.string().refine(isTimeZone, 'expected a name of the IANA time zone database'),
      })
      .optional(),
  })
  .refine(({ isRolling, calendar }) => (isRolling ?? false) === (calendar === undefined), {
    message: 'expected either isRolling: true, or a calendar',
  });

const condition = z.strictObject({
  kind: z.literal('burnrate', 'expected burnrate').optional(),
  op: operator,
  threshold: z.number('expected a number'),
  lookbackWindow: duration,
  alertAfter: z.union([duration, z.literal('0m')]).optional(),
});
const conditionSpec = z.strictObject({ description, severity: text, condition });
export type ConditionSpec = z.output<typeof conditionSpec>;
const inlineCondition = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.literal('AlertCondition').optional(),
  metadata,
  spec: conditionSpec,
});
const targetSpec = z.strictObject({ target: text, description });
const policySpec = z.strictObject({
  description,
  alertWhenNoData: z.boolean().optional(),
  alertWhenResolved: z.boolean().optional(),
  alertWhenBreaching: z.boolean().optional(),
  conditions: z
    .array(z.union([z.strictObject({ conditionRef: text }), inlineCondition]))
    .length(1, 'expected one condition: the specification has room for one'),
  notificationTargets: z.array(
    z.union([
      z.strictObject({ targetRef: text }),
      z.strictObject({ kind: z.literal('AlertNotificationTarget').optional(), metadata, spec: targetSpec }),
    ]),
  ),
});
export type PolicySpec = z.output<typeof policySpec>;

const sloSpec = z
  .strictObject({
    description,
    service: text,
    indicator: indicator.optional(),
    indicatorRef: text.optional(),
    timeWindow: z.array(timeWindow).length(1, 'expected exactly one window').optional(),
    // Required by the text of the specification, absent in its examples.
    budgetingMethod: z.enum(METHODS, `expected one of ${METHODS.join(', ')}`).optional(),
    objectives: z.array(objective).min(1, 'expected at least one objective'),
    alertPolicies: z
      .array(
        z.union([
          z.strictObject({ alertPolicyRef: text }),
          z.strictObject({
            apiVersion: z.string().optional(),
            kind: z.literal('AlertPolicy').optional(),
            metadata,
            spec: policySpec,
          }),
        ]),
      )
      .nullish(),
  })
  .superRefine(checkSlices);
export type SloSpec = z.output<typeof sloSpec>;

interface Sliced {
  budgetingMethod?: (typeof METHODS)[number] | undefined;
  objectives: ObjectiveSpec[];
}

function checkSlices({ budgetingMethod, objectives }: Sliced, context: z.RefinementCtx): void {
  objectives.forEach(({ timeSliceWindow, timeSliceTarget }, i) => {
    const need = (field: string) =>
      context.addIssue({
        code: 'custom',
        path: ['objectives', i],
        message: `expected ${field}, which ${budgetingMethod} needs`,
      });
    if (budgetingMethod !== undefined && budgetingMethod !== 'Occurrences' && timeSliceWindow === undefined)
      need('timeSliceWindow');
    if (budgetingMethod === 'Timeslices' && timeSliceTarget === undefined) need('timeSliceTarget');
  });
}

const API = z.literal('openslo/v1', 'expected openslo/v1');
const kind = <K extends string, S extends z.ZodType>(word: K, spec: S) =>
  z.strictObject({ apiVersion: API, kind: z.literal(word), metadata, spec });

/** One document of a file. */
export const documentSchema = z.discriminatedUnion(
  'kind',
  [
    kind('SLO', sloSpec),
    kind('SLI', indicatorSpec),
    kind('AlertPolicy', policySpec),
    kind('AlertCondition', conditionSpec),
    kind('AlertNotificationTarget', targetSpec),
    kind('Service', z.strictObject({ description }).nullish()),
    kind('DataSource', z.strictObject({ description, type: text, connectionDetails: z.unknown().optional() })),
  ],
  'expected one of DataSource, SLO, SLI, AlertPolicy, AlertCondition, AlertNotificationTarget, Service',
);
export type OpenSloDocument = z.output<typeof documentSchema>;
export type DocumentOf<K extends OpenSloDocument['kind']> = Extract<OpenSloDocument, { kind: K }>;
