/**
 * The one extension: a metric source of type Hopscope. Its `spec`, which the
 * specification leaves open, says which requests are meant and, for latency,
 * which of their times: end to end, of a layer, or of a side of the contract.
 */
import * as z from 'zod';
import type { Selector } from '../slo/selector.ts';
import { TIME_NAMES } from '../slo/times.ts';

export const SOURCE_TYPE = 'Hopscope';

const listOf = <S extends z.ZodType>(one: S) =>
  z.union([one, z.array(one).min(1)]).transform((value) => (Array.isArray(value) ? value : [value]) as z.output<S>[]);

const word = z.string('expected a text').min(1).max(128);
const path = z
  .string('expected a path')
  .regex(/^[/*][\x21-\x7e]{0,126}$/, 'expected a path such as /checkout, or /api/* for all below')
  .refine((text) => !text.includes('?'), 'expected a path without a query: requests are told apart by their path');
const status = z
  .union([z.int().min(100).max(599).transform(String), z.string()])
  .pipe(z.string().regex(/^!?[1-5](xx|\d\d)$/, 'expected a status such as 404, 5xx or !5xx'));
const time = z.enum(TIME_NAMES as [string, ...string[]], `expected one of ${TIME_NAMES.join(', ')}`);
const moment = z
  .string('expected a time such as 2026-01-31T10:00:00Z')
  .regex(
    /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:00)?(Z|[+-]\d\d:\d\d)$/,
    'expected a whole minute with its zone, as 2026-01-31T10:00:00Z',
  )
  .transform((text) => Date.parse(text.replace(' ', 'T')));

const selector = {
  vm: listOf(word).optional(),
  port: listOf(z.int('expected a port').min(1).max(65_535)).optional(),
  method: listOf(z.string().regex(/^[A-Z]{1,16}$/, 'expected a method such as GET')).optional(),
  path: listOf(path).optional(),
  status: listOf(status).optional(),
};
export const UNITS_NS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const;
const exclude = z
  .strictObject({
    longPolls: listOf(path).default([]),
    healthChecks: listOf(path).default([]),
    maintenance: z
      .array(
        z
          .strictObject({ from: moment, to: moment, why: word })
          .refine(({ from, to }) => from < to, { path: ['to'], message: 'expected a time after "from"' }),
      )
      .default([]),
  })
  .prefault({});

/** Of `thresholdMetric`: what `value` of the objective is compared with. */
export const thresholdSource = z.strictObject({
  ...selector,
  time: time.default('end-to-end'),
  unit: z.enum(['ns', 'us', 'ms', 's'], 'expected ns, us, ms or s').default('ms'),
  exclude,
});
/** Of `total`. */
export const totalSource = z.strictObject({ ...selector, exclude });
/** Of `good` and `bad`: what they are among `total`. */
export const shareSource = z
  .strictObject({
    ...selector,
    time: time.optional(),
    within: z
      .string()
      .regex(/^\d+(\.\d+)?(ns|us|ms|s)$/, 'expected a time such as 250ms')
      .transform(nanoseconds)
      .optional(),
  })
  .refine(({ time: about, within }) => about === undefined || within !== undefined, {
    path: ['time'],
    message: 'expected "within" beside it, such as within: 250ms',
  });
export type Exclusions = z.output<typeof exclude>;

function nanoseconds(text: string): number {
  const [, number, unit] = /^([\d.]+)(\w+)$/.exec(text) as unknown as [string, string, keyof typeof UNITS_NS];
  return Math.round(Number(number) * UNITS_NS[unit]);
}

/** Without what is not there: two selectors that ask the same are the same. */
export function selectorOf({
  vm,
  port,
  method,
  path: paths,
  status: codes,
}: z.output<typeof totalSource> | z.output<typeof shareSource> | z.output<typeof thresholdSource>): Selector {
  return {
    ...(vm && { vm }),
    ...(port && { port }),
    ...(method && { method }),
    ...(paths && { path: paths }),
    ...(codes && { status: codes }),
  };
}
