/** The summary of a run as the API prints it, and as recordings and stores give it back: checked when it comes in. */
import * as z from 'zod';
import { count, loadSchema, ns, type Proof, provenanceViewSchema } from './schemas.ts';
import { CLOCK_EVENTS } from './wire/clock-views.ts';
import { CLASSES } from './wire/record.ts';
import { LAYER_IDS } from './wire/stations.ts';
import { NOTE_KINDS, type Summary } from './wire/views.ts';

const quantiles = { count, p50: ns, p90: ns, p99: ns, p999: ns, mean: ns };
const quantilesSchema = z.object(quantiles);
const faultsSchema = z.object({ negative: count, clockSteps: count, continuedAfterJoin: count });
const measure = z.number().nullable();
const clockEventSchema = z.object({
  kind: z.enum(CLOCK_EVENTS),
  atMs: z.number(),
  sizeNs: measure,
  boundNs: measure,
  ratePpm: measure,
  machine: z.string(),
});
const clockSchema = z.object({
  method: z.string(),
  offsetNs: measure,
  boundNs: measure,
  ratePpm: measure,
  checkedMs: measure,
  windows: count,
  counts: z.record(z.enum(CLOCK_EVENTS), count),
  events: z.array(clockEventSchema),
  alternatives: z.array(
    z.object({
      method: z.string(),
      offsetNs: measure,
      boundNs: measure,
      agrees: z.boolean().nullable(),
      reason: z.string(),
    }),
  ),
});
const stretchSchema = z.object({ fromMs: z.number(), toMs: z.number().nullable() });
const noteSchema = z.object({
  atMs: z.number(),
  text: z.string(),
  kind: z.enum(NOTE_KINDS).exactOptional(),
  toMs: z.number().nullable().exactOptional(),
});
const pairSchema = z.object({ host: count, guest: count });

const layersSchema = z.array(
  z.object({ layer: z.enum(LAYER_IDS), of: z.enum(LAYER_IDS).nullable(), ...quantiles, bound: ns }),
);
const classesSchema = z.array(z.object({ class: z.enum(CLASSES), count, endToEnd: quantilesSchema }));
const tcpSchema = z.object({ retransmitsIn: count, retransmitsOut: count, zeroWindows: count, synRetries: count });
const provenancesSchema = z.object({ host: provenanceViewSchema.nullable(), guest: provenanceViewSchema.nullable() });
const measured = {
  classes: classesSchema,
  layers: layersSchema,
  endToEnd: quantilesSchema,
  vnicRoundTrip: quantilesSchema,
  tcp: tcpSchema,
};
const fromGenerator = { sent: count.nullable(), answered: count.nullable() };
const vmSummarySchema = z.object({
  exchanges: z.object({ ...fromGenerator, joined: count, complete: count }),
  ...measured,
  cpu: z.object({ vcpuTime: measure, vcpuDelay: measure, steal: measure }),
  load: loadSchema.nullable(),
  provenance: provenancesSchema,
});

/** The summary of a run: what the API and `hopscope up --json` print. */
export const summarySchema = z.object({
  run: z.object({
    id: z.string(),
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    notes: z.array(noteSchema),
    startedMs: z.number(),
    endedMs: z.number().nullable(),
    recordedMs: z.number().nullable(),
    stretches: z.array(stretchSchema),
    exchanges: count,
    vms: z.array(z.string()),
    pruned: z.object({ paths: count, untilMs: z.number() }).exactOptional(),
    sampled: z.object({ of: count, slow: count, errors: count, sample: count }).exactOptional(),
  }),
  exchanges: z.object({
    ...fromGenerator,
    host: count,
    guest: count,
    joined: count,
    complete: count,
  }),
  ...measured,
  load: loadSchema.nullable(),
  drops: z.record(z.string(), count),
  repeated: pairSchema,
  pending: pairSchema,
  unmatched: pairSchema,
  faults: faultsSchema,
  gaps: z.array(stretchSchema.extend({ agent: z.string() })),
  clock: clockSchema,
  selfCost: z.object({ guestNsPerRequest: ns, hostNsPerRequest: ns, agentCpu: ns }),
  provenance: provenancesSchema,
  byVm: z.record(z.string().regex(/^(?!__proto__$)/), vmSummarySchema).default({}),
});

true satisfies Proof<z.output<typeof summarySchema>, Summary>;
