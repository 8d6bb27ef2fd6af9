/**
 * What may come in, checked at the edge: agents' control messages, the
 * generator's report; and the summary that goes out. Each schema is compared
 * with its wire type by the compiler (end of the file).
 */
import * as z from 'zod';
import type { AccessLogMessage, AgentStats, Approach, Hello, VmsMessage } from './wire/messages.ts';
import { STATIONS } from './wire/stations.ts';
import type { LoadSummary, ProvenanceView } from './wire/views.ts';

/** More NICs than that an agent does not list. */
const MAX_NICS = 32;

/** Control messages above this are refused unread. */
export const CONTROL_MAX_BYTES = 65_536;

/** For people to read: a kernel's long reason is cut, an agent is not refused for it. */
const text = (max = 256) => z.string().transform((s) => s.slice(0, max));
export const count = z.int().nonnegative();
/** What may not have been measured. */
export const ns = z.number().nonnegative().nullable();
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
const bootId = z.string().min(1).max(128);
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
  bootId: bootId.exactOptional(),
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
  bootId,
  killed: z.boolean().exactOptional(),
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

const perVm = z
  .record(z.string().regex(/^(?!__proto__$).{1,128}$/s), z.number().nonnegative())
  .refine((r) => Object.keys(r).length <= 256, 'at most 256 VMs');

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
  memoryPressure: share.nullable().default(null),
  cpuBusy: z.number().nonnegative().nullable().default(null),
  softirq: z.number().nonnegative().nullable().default(null),
  vcpuDelay: perVm,
  vcpuTime: perVm.default({}),
  nic: z
    .object({ drops: z.number().nonnegative(), errors: z.number().nonnegative(), busy: share.nullable() })
    .nullable()
    .default(null),
  tapDrops: perVm.default({}),
  processes: perVm.default({}),
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
/** What an experiment does on purpose; told again with its end. */
export const plantSchema = z
  .strictObject({ text: z.string().min(1).max(256), fromMs: z.number().nonnegative(), toMs: ns })
  .refine(({ fromMs, toMs }) => toMs === null || toMs >= fromMs, { path: ['toMs'], message: 'is before "fromMs"' });
/** Labels replace those that were there; a note is added. */
export const changeRunSchema = z.strictObject({
  name: runName.exactOptional(),
  labels: labels.exactOptional(),
  note: z.string().min(1).max(1024).exactOptional(),
});

/** Compiles only where both types are the same, optional marks included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = T extends (infer E)[] ? Flat<E>[] : T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
export type Proof<A, B> = Same<Flat<A>, Flat<B>>;
true satisfies Proof<z.output<typeof helloSchema>, Hello>;
true satisfies Proof<z.output<typeof statsSchema>, AgentStats>;
true satisfies Proof<z.output<typeof vmsSchema>, VmsMessage>;
true satisfies Proof<z.output<typeof accessLogSchema>, AccessLogMessage>;
true satisfies Proof<z.output<typeof loadSchema>, LoadSummary>;
true satisfies Proof<z.output<typeof provenanceViewSchema>, ProvenanceView>;
