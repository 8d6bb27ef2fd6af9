/** What may be asked of the API, checked at the edge. */
import * as z from 'zod';
import { MAX_RUNS } from './run-list.ts';
import { parseRunStretch } from './run-stretch.ts';
import { CLASSES } from './wire/record.ts';
import { LAYERS } from './wire/stations.ts';

/** Only digits: `Number` would take an empty value for 0. */
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a whole number')
  .transform(Number);
/** With `points` the run as so many points at most, of any length, each of at least `step` seconds; without it the live rows of the last minutes. */
export const seriesQuerySchema = z
  .strictObject({
    from: wholeNumber.optional(),
    to: wholeNumber.optional(),
    vm: z.string().min(1).max(128).optional(),
    points: wholeNumber.pipe(z.number().min(1).max(5000)).optional(),
    step: wholeNumber.pipe(z.number().min(1).max(86_400)).optional(),
    heatmap: z.enum(['0', '1']).optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ['to'],
    message: 'expected a second after "from"',
  })
  .refine(({ points, heatmap }) => heatmap === undefined || points !== undefined, {
    path: ['heatmap'],
    message: 'goes with "points"',
  })
  .refine(({ points, step }) => step === undefined || points !== undefined, {
    path: ['step'],
    message: 'goes with "points"',
  });
/** Wall seconds of what is marked over time. */
export const eventsQuerySchema = z.strictObject({ from: wholeNumber.exactOptional(), to: wholeNumber.exactOptional() });
export const vmQuerySchema = z.strictObject({ vm: z.string().min(1).max(128).optional() });
/** `404`, `4xx`, or `0` where none was read. */
const statusRange = z
  .string()
  .regex(/^(0|[1-5](xx|\d\d))$/, 'expected a status such as 404 or 5xx, or 0 for none')
  .transform((text) => ({ from: Number(text.replace('xx', '00')), to: Number(text.replace('xx', '99')) }));
const LAYER_NAMES = LAYERS.map(({ layer }) => layer);
const QUANTILE_NAMES = ['p50', 'p90', 'p99', 'p999'] as const;
export const pathsQuerySchema = z
  .strictObject({
    order: z.enum(['slowest', 'newest', 'failed', 'random', 'nearest']).default('newest'),
    limit: wholeNumber.pipe(z.number().min(1).max(1000)).default(50),
    vm: z.string().min(1).max(128).optional(),
    class: z.enum(CLASSES).optional(),
    /** A part of `METHOD /path`. */
    path: z.string().min(1).max(128).optional(),
    status: statusRange.optional(),
    layer: z.enum(LAYER_NAMES).optional(),
    /** Of the layer, or end to end: at least so many ns. */
    over: wholeNumber.optional(),
    /** Of the random order: the same paths for the same seed. */
    seed: wholeNumber.default(1),
    /** What to be nearest to, end to end. */
    quantile: z.enum(QUANTILE_NAMES).optional(),
    /** Wall seconds: those that began from the one on, and before the other. */
    from: wholeNumber.optional(),
    to: wholeNumber.optional(),
  })
  .refine(({ from = 0, to = Number.POSITIVE_INFINITY }) => from < to, {
    path: ['to'],
    message: 'expected a second after "from"',
  })
  .refine(({ order, quantile }) => (order === 'nearest') === (quantile !== undefined), {
    path: ['quantile'],
    message: 'order=nearest goes with a quantile, as in order=nearest&quantile=p99',
  });
export type PathsQuery = z.output<typeof pathsQuerySchema>;
export const neighboursQuerySchema = z.strictObject({
  limit: wholeNumber.pipe(z.number().min(1).max(1000)).default(20),
});

/** A run, or a stretch of it. */
const runStretch = z
  .string()
  .min(1)
  .max(96)
  .transform((text, context) => {
    const stretch = parseRunStretch(text);
    if (stretch === null) context.addIssue('expected RUN@FROM-TO with seconds since the epoch, FROM before TO');
    return stretch ?? z.NEVER;
  });

export const compareQuerySchema = z.strictObject({
  a: runStretch,
  b: runStretch,
  seed: wholeNumber.default(1),
  force: z.enum(['0', '1']).default('0'),
});

/** Some between 0 and 1, as in `0.5,0.99`. */
export const quantilesQuerySchema = z.strictObject({
  q: z
    .string()
    .regex(/^0\.\d{1,6}(,0\.\d{1,6}){0,15}$/, 'expected up to 16 numbers between 0 and 1, with commas between')
    .default('0.5,0.9,0.99,0.999')
    .transform((text) => text.split(',').map(Number))
    .refine((all) => all.every((quantile) => quantile > 0), 'expected numbers above 0'),
});

/** Whole minutes around these seconds since the epoch. */
export const sloQuerySchema = z
  .strictObject({ from: wholeNumber.optional(), to: wholeNumber.optional() })
  .refine(({ from, to }) => to === undefined || (from !== undefined && from < to), {
    path: ['to'],
    message: 'expected a second after "from"',
  })
  .refine(({ from = 0, to = from }) => to - from <= 400 * 86_400, {
    path: ['to'],
    message: 'expected at most 400 days',
  });

/** Seconds since the epoch; without an objective the one that was worst. */
export const reportQuerySchema = z
  .strictObject({ from: wholeNumber, to: wholeNumber, objective: z.string().min(1).max(128).optional() })
  .refine(({ from, to }) => from < to && to - from <= 7 * 86_400, {
    path: ['to'],
    message: 'expected a second after "from", at most a week later',
  });

export const runsQuerySchema = z.strictObject({
  limit: wholeNumber.pipe(z.number().min(1).max(1000)).default(MAX_RUNS),
  before: z.string().min(1).max(64).exactOptional(),
  name: z.string().min(1).max(64).exactOptional(),
});
