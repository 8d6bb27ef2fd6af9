/**
 * What may come in, checked at the edge: agents' control messages, query
 * parameters, the generator's report; and the summary that goes out. Each
 * schema is compared with its wire type by the compiler (end of the file).
 */
import * as z from 'zod';
import { MAX_RUNS } from './run-list.ts';
import { CLOCK_EVENTS } from './wire/clock-views.ts';
import type { AccessLogMessage, AgentStats, Approach, Hello, VmsMessage } from './wire/messages.ts';
import { CLASSES } from './wire/record.ts';
import { LAYER_IDS, STATIONS } from './wire/stations.ts';
import type { LoadSummary, ProvenanceView, Summary } from './wire/views.ts';

/** More NICs than that an agent does not list. */
const MAX_NICS = 32;

/** Control messages above this are refused unread. */
export const CONTROL_MAX_BYTES = 65_536;

/** For people to read: a kernel's long reason is cut, an agent is not refused for it. */
const text = (max = 256) => z.string().transform((s) => s.slice(0, max));
const count = z.int().nonnegative();
const ns = z.number().nonnegative().nullable();
/** Counter names: the pattern also keeps `__proto__` out. */
const counterName = z.string().regex(/^[a-zA-Z][\w.:-]{0,95}$/, 'a counter name is letters, digits and . : _ -');
const share = z.number().transform((value) => Math.min(1, Math.max(0, value)));
const counters = z.record(counterName, count).refine((r) => Object.keys(r).length <= 64, 'at most 64 counters');
const decimalNs = z.string().regex(/^\d{1,20}$/, 'decimal nanoseconds');

const APPROACHES = ['full', 'paravirtual', 'hardware-accelerated', 'none', 'unknown'] as const satisfies Approach[];

const nicFields = {
  nic: text(64),
  nicModel: text(64),
  driver: text(64),
  queues: count,
  offloads: z.record(counterName, z.boolean()).refine((r) => Object.keys(r).length <= 128, 'at most 128 offloads'),
  nicApproach: z.enum(APPROACHES),
};
const provenanceFields = {
  ...nicFields,
  hostname: text(),
  kernel: text(),
  arch: text(64),
  cpus: count,
  memoryBytes: count,
  clocksource: text(64),
  vswitch: text(64),
  hypervisor: text(64),
  accelerator: text(64),
  approach: z.enum(APPROACHES),
  service: text(),
};
export const provenanceSchema = z.object(provenanceFields);

const always = { nicModel: true, driver: true, approach: true, accelerator: true, kernel: true } as const;
export const provenanceViewSchema = z.object({
  ...z.object(provenanceFields).pick(always).shape,
  hostname: text().exactOptional(),
  arch: text(64).exactOptional(),
  cpus: count.exactOptional(),
  memoryBytes: count.exactOptional(),
  clocksource: text(64).exactOptional(),
  vswitch: text(64).exactOptional(),
  nic: text(64).exactOptional(),
  queues: count.exactOptional(),
  offloads: z.record(counterName, z.boolean()).exactOptional(),
  hypervisor: text(64).exactOptional(),
  nicApproach: z.enum(APPROACHES).exactOptional(),
  service: text().exactOptional(),
});

/** Enough of a first message to tell an older agent why it is refused. */
export const helloStartSchema = z.looseObject({ type: z.literal('hello'), protocol: z.int() });

export const helloSchema = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  token: text(),
  role: z.enum(['host', 'guest']),
  agentId: z.string().min(1).max(128),
  bootId: z.string().min(1).max(128),
  version: text(64),
  ports: z.array(z.int().min(1).max(65535)).max(64),
  stations: z.array(z.object({ station: z.enum(STATIONS), probe: text(128).nullable(), reason: text(512) })).max(32),
  provenance: provenanceSchema,
  nics: z
    .array(z.object({ ifindex: count, ...nicFields }))
    .max(MAX_NICS)
    .exactOptional(),
  clock: z.object({ monotonicNs: decimalNs, realtimeNs: decimalNs }),
});

export const statsSchema = z.object({
  type: z.literal('stats'),
  records: count,
  drops: counters,
  counters,
  bpfNs: z.number().nonnegative(),
  bpfRuns: z.number().nonnegative(),
  bpfRecords: z.number().nonnegative(),
  cpuUs: z.number().nonnegative(),
  rssBytes: z.number().nonnegative(),
  // A share of two counters that the guest's kernel does not read at one moment.
  steal: share,
  cpuPressure: share.nullable(),
  clocks: z.object({
    monotonicNs: decimalNs,
    realtimeNs: decimalNs,
    boottimeNs: decimalNs,
    rawNs: decimalNs,
    withinNs: count,
  }),
  pairing: z.object({ hostRealtimeNs: decimalNs, guestRealtimeNs: decimalNs }).nullable(),
  noPairing: text(512),
  vcpuDelay: z
    .record(z.string().regex(/^(?!__proto__$).{1,128}$/s), z.number().nonnegative())
    .refine((r) => Object.keys(r).length <= 256, 'at most 256 VMs'),
});

export const vmsSchema = z.object({
  type: z.literal('vms'),
  vms: z
    .array(
      z.object({
        name: z.string().min(1).max(128),
        pid: count,
        tap: text(64),
        ifindex: count,
        bridge: text(64),
        nicModel: text(64),
        accelerator: text(64),
        vcpus: count,
      }),
    )
    .max(256),
});

export const accessLogSchema = z.object({ type: z.literal('accesslog'), lines: z.array(text(512)).max(1024) });

/** Everything an agent may say after its hello. */
export const agentReportSchema = z.discriminatedUnion('type', [statsSchema, vmsSchema, accessLogSchema]);

export const loadSchema = z.object({
  rate: z.number().nonnegative(),
  durationS: z.number().nonnegative(),
  connections: count,
  path: text(1024),
  sent: count,
  answered: count,
  errors: count,
  p50: ns,
  p90: ns,
  p99: ns,
  p999: ns,
  fromSend: z.object({ p50: ns, p99: ns }),
  lateness: z.object({ p50: ns, p99: ns, max: ns }),
});

const runName = z.string().regex(/^[\w .:-]{1,64}$/, 'a run name is 1 to 64 letters, digits, spaces and . : _ -');
const labels = z
  .record(
    z.string().regex(/^(?!__proto__$)[\w.-]{1,64}$/, 'a label is 1 to 64 letters, digits and . _ -'),
    z.string().max(256),
  )
  .refine((r) => Object.keys(r).length <= 32, 'at most 32 labels');
export const newRunSchema = z.object({ name: runName });
/** Labels replace those that were there; a note is added. */
export const changeRunSchema = z.strictObject({
  name: runName.exactOptional(),
  labels: labels.exactOptional(),
  note: z.string().min(1).max(1024).exactOptional(),
});

/** Only digits: `Number` would take an empty value for 0. */
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a whole number')
  .transform(Number);
export const seriesQuerySchema = z.strictObject({
  from: wholeNumber.optional(),
  to: wholeNumber.optional(),
  vm: z.string().min(1).max(128).optional(),
});
export const pathsQuerySchema = z.strictObject({
  order: z.enum(['slowest', 'newest']).default('newest'),
  limit: wholeNumber.pipe(z.number().min(1).max(1000)).default(50),
  vm: z.string().min(1).max(128).optional(),
  class: z.enum(CLASSES).optional(),
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

export const runsQuerySchema = z.strictObject({
  limit: wholeNumber.pipe(z.number().min(1).max(1000)).default(MAX_RUNS),
  before: z.string().min(1).max(64).exactOptional(),
  name: z.string().min(1).max(64).exactOptional(),
});

export const compareQuerySchema = z.strictObject({
  a: z.string().min(1).max(64),
  b: z.string().min(1).max(64),
  seed: wholeNumber.default(1),
  force: z.enum(['0', '1']).default('0'),
});

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
const pairSchema = z.object({ host: count, guest: count });

/** The summary of a run: what the API and `hopscope up --json` print. */
export const summarySchema = z.object({
  run: z.object({
    id: z.string(),
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    notes: z.array(z.object({ atMs: z.number(), text: z.string() })),
    startedMs: z.number(),
    endedMs: z.number().nullable(),
    recordedMs: z.number().nullable(),
    stretches: z.array(stretchSchema),
    exchanges: count,
    vms: z.array(z.string()),
  }),
  exchanges: z.object({
    sent: count.nullable(),
    answered: count.nullable(),
    host: count,
    guest: count,
    joined: count,
    complete: count,
  }),
  classes: z.array(z.object({ class: z.enum(CLASSES), count, endToEnd: quantilesSchema })),
  layers: z.array(z.object({ layer: z.enum(LAYER_IDS), of: z.enum(LAYER_IDS).nullable(), ...quantiles, bound: ns })),
  endToEnd: quantilesSchema,
  vnicRoundTrip: quantilesSchema,
  tcp: z.object({ retransmitsIn: count, retransmitsOut: count, zeroWindows: count, synRetries: count }),
  load: loadSchema.nullable(),
  drops: z.record(z.string(), count),
  repeated: pairSchema,
  pending: pairSchema,
  unmatched: pairSchema,
  faults: faultsSchema,
  gaps: z.array(stretchSchema.extend({ agent: z.string() })),
  clock: clockSchema,
  selfCost: z.object({ guestNsPerRequest: ns, hostNsPerRequest: ns, agentCpu: ns }),
  provenance: z.object({ host: provenanceViewSchema.nullable(), guest: provenanceViewSchema.nullable() }),
});

/** Compiles only where both types are the same, optional marks included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = T extends (infer E)[] ? Flat<E>[] : T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
type Proof<A, B> = Same<Flat<A>, Flat<B>>;
true satisfies Proof<z.output<typeof summarySchema>, Summary>;
true satisfies Proof<z.output<typeof helloSchema>, Hello>;
true satisfies Proof<z.output<typeof statsSchema>, AgentStats>;
true satisfies Proof<z.output<typeof vmsSchema>, VmsMessage>;
true satisfies Proof<z.output<typeof accessLogSchema>, AccessLogMessage>;
true satisfies Proof<z.output<typeof loadSchema>, LoadSummary>;
true satisfies Proof<z.output<typeof provenanceViewSchema>, ProvenanceView>;
