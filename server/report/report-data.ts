/** All that a report is made of: it stands in the report itself, so that every number can be made again. */
import * as z from 'zod';
import { type EpisodeData, GAUGES, PARTS } from '../wire/episode-views.ts';

/** Grows when an older Hopscope could not read what a newer one wrote. */
export const REPORT_FORMAT = 1;

/** What was under test, as lines: a label and what it was. */
export interface ReportFacts {
  what: string;
  lines: [string, string][];
}

export interface ReportData {
  format: number;
  /** Version of the program that made it. */
  hopscope: string;
  madeMs: number;
  /** What was asked, in words. */
  question: string;
  episode: EpisodeData;
  /** What fired, as lines. */
  alerts: string[];
  facts: ReportFacts[];
}

const ns = z.number().nullable();
const row = z.strictObject({
  ...{ id: z.string(), atMs: z.number(), good: z.boolean(), status: z.number(), request: z.string(), vm: z.string() },
  ...{ endToEndNs: ns, parts: z.array(ns).length(PARTS.length), upstreamNs: ns, runDelayNs: ns },
  ...{ retransmits: z.number(), boundNs: ns },
});
const stretch = z.strictObject({ fromMs: z.number(), toMs: z.number() });
const lane = z.strictObject({
  gauge: z.enum(GAUGES),
  vm: z.string(),
  minutes: z.array(z.tuple([z.number(), z.number(), z.number()])),
});
const composite = z.strictObject({
  slo: z.string(),
  parts: z.array(
    z.strictObject({
      ...{ objective: z.string(), weight: z.number(), total: z.number(), bad: z.number(), budget: z.number() },
    }),
  ),
});
const episode: z.ZodType<EpisodeData> = z.strictObject({
  ...{ objective: z.string(), service: z.string(), promise: z.string(), target: z.number() },
  ...{ window: stretch, baseline: stretch, isAboutTime: z.boolean(), isSampled: z.boolean() },
  ...{ minutes: z.array(z.array(z.number()).length(7)), notMeasured: z.array(z.number()) },
  ...{ bad: z.array(row), usual: z.array(row), slowest: z.array(row), lanes: z.array(lane), neighbours: z.array(lane) },
  marks: z.array(z.strictObject({ atMs: z.number(), what: z.string() })),
  lost: z.array(z.tuple([z.number(), z.number()])),
  composite: composite.exactOptional(),
});

/** Nothing may stand in a report that nobody looks at. */
export const reportSchema: z.ZodType<ReportData> = z.strictObject({
  ...{ format: z.literal(REPORT_FORMAT), hopscope: z.string(), madeMs: z.number(), question: z.string(), episode },
  alerts: z.array(z.string()),
  facts: z.array(z.strictObject({ what: z.string(), lines: z.array(z.tuple([z.string(), z.string()])) })),
});
