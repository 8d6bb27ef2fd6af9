/** May two runs be compared at all, and what differs between them besides what is being compared? */
import type { Axis, Comparison, Difference } from '../wire/compare-views.ts';
import type { LayerSummary, ProvenanceView, Summary } from '../wire/views.ts';
import { duration } from './sentence.ts';

export type Comparability = Pick<Comparison, 'differences' | 'refusals' | 'doubts'>;

type Field = keyof ProvenanceView;

const GUEST_FIELDS: readonly (readonly [Field, Axis])[] = [
  ['nicModel', 'nic'],
  ['driver', 'nic'],
  ['nicApproach', 'nic'],
  ['queues', 'nic'],
  ['kernel', 'kernel'],
  ['arch', 'kernel'],
  ['clocksource', 'kernel'],
  ['cpus', 'cpus'],
  ['memoryBytes', 'cpus'],
  ['accelerator', 'accelerator'],
  ['approach', 'accelerator'],
  ['hypervisor', 'accelerator'],
  ['service', 'service'],
];
const HOST_FIELDS: readonly Field[] = [
  'kernel',
  'arch',
  'cpus',
  'memoryBytes',
  'clocksource',
  'vswitch',
  'nic',
  'driver',
];

/** What comes with another value of an axis, without anybody's choice: another axis, or one fact. */
const BROUGHT: Partial<Record<Axis, readonly (Axis | Difference['what'])[]>> = {
  nic: ['offloads'],
  // Its drivers have their own offloads; it keeps another part of the memory for itself.
  kernel: ['offloads', 'guest memoryBytes'],
  // A driver takes a queue for each.
  cpus: ['guest queues'],
  // kvm-clock is there under KVM only.
  accelerator: ['guest clocksource', 'guest memoryBytes'],
};

const FEWEST_REQUESTS = 100;
/** Of the rate, of the response's size. */
const TOLERANCE = 0.05;
const LOST_SHARE = 0.01;
/** Of the median: a generator that is later than this measured itself. */
const LATE_SHARE = 0.1;

export function comparabilityOf(a: Summary, b: Summary): Comparability {
  const load = loadDifferences(a, b);
  const refusals = [...load.map(({ what, a: from, b: to }) => `the load is another one: ${what} ${from} and ${to}`)];
  const doubts: string[] = [];
  for (const run of [a, b]) {
    refusals.push(...tooLittle(run), ...notWhole(run));
    doubts.push(...doubtsAbout(run));
  }
  if (areTwoBoots(a, b)) {
    doubts.push(
      'the guests were booted once each: by how much boots of one and the same guest differ is in no interval',
    );
  }
  return { differences: [...guestDifferences(a, b), ...hostDifferences(a, b), ...load], refusals, doubts };
}

/** What was varied: the one axis in which the runs differ; null where it is none or several. */
export function axisOf({ differences }: Comparability): Axis | null {
  const axes = [...new Set(differences.map(({ axis }) => axis))];
  const explains = (axis: Axis) => differences.every((each) => each.axis === axis || isBrought(axis, each));
  const found = axes.filter(explains);
  return found.length === 1 ? found[0]! : null;
}

/** Whether the runs are of two boots, of one guest or of two; where a recording does not tell, that is not claimed. */
export function areTwoBoots({ provenance: { guest: a } }: Summary, { provenance: { guest: b } }: Summary): boolean {
  return a?.bootId !== undefined && b?.bootId !== undefined && a.bootId !== b.bootId;
}

/** Whether another value of the axis changes this fact by itself. */
function isBrought(axis: Axis, { axis: own, what }: Difference): boolean {
  return (BROUGHT[axis] ?? []).some((each) => each === own || each === what);
}

function guestDifferences({ provenance: { guest: a } }: Summary, { provenance: { guest: b } }: Summary): Difference[] {
  if (!a || !b) return [];
  const fields = GUEST_FIELDS.flatMap(([field, axis]) => differing(axis, `guest ${field}`, a[field], b[field]));
  const names = new Set([...Object.keys(a.offloads ?? {}), ...Object.keys(b.offloads ?? {})]);
  const offloads = [...names].flatMap((name) => differing('offloads', name, a.offloads?.[name], b.offloads?.[name]));
  return [...fields, ...offloads];
}

function hostDifferences({ provenance: { host: a } }: Summary, { provenance: { host: b } }: Summary): Difference[] {
  if (!a || !b) return [];
  return HOST_FIELDS.flatMap((field) => differing('host', `host ${field}`, a[field], b[field]));
}

function loadDifferences({ load: a, ...runA }: Summary, { load: b, ...runB }: Summary): Difference[] {
  const found: Difference[] = [];
  if (a && b) {
    if (isFar(a.rate, b.rate)) found.push(...differing('load', 'rate', `${a.rate}/s`, `${b.rate}/s`));
    found.push(
      ...differing('load', 'path', a.path, b.path),
      ...differing('load', 'connections', a.connections, b.connections),
    );
    return found;
  }
  const [rateA, rateB] = [rateOf(runA), rateOf(runB)];
  if (isFar(rateA, rateB, 3 * TOLERANCE)) found.push(...differing('load', 'rate', perSecond(rateA), perSecond(rateB)));
  return found;
}

function differing(axis: Axis, what: string, a: unknown, b: unknown): Difference[] {
  return a === b || a === undefined || b === undefined ? [] : [{ axis, what, a: text(a), b: text(b) }];
}

function text(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return value === '' ? 'unknown' : String(value);
}

function isFar(a: number, b: number, tolerance = TOLERANCE): boolean {
  return Math.abs(a - b) > tolerance * Math.max(a, b);
}

/** Requests a second, where no generator told. */
function rateOf({ run, exchanges }: Pick<Summary, 'run' | 'exchanges'>): number {
  const seconds = run.stretches.reduce((sum, { fromMs, toMs }) => sum + ((toMs ?? fromMs) - fromMs) / 1000, 0);
  return seconds > 0 ? exchanges.joined / seconds : Number.NaN;
}

function perSecond(rate: number): string {
  return `${rate.toPrecision(3)}/s`;
}

function tooLittle({ run, endToEnd, exchanges, unmatched }: Summary): string[] {
  const found: string[] = [];
  if (endToEnd.count < FEWEST_REQUESTS) found.push(`${run.name} has ${endToEnd.count} requests: too few to compare`);
  const lost = Math.max(unmatched.host, unmatched.guest, (exchanges.answered ?? 0) - exchanges.joined);
  if (lost > LOST_SHARE * (exchanges.joined + lost)) {
    found.push(
      `${run.name} lost ${lost} of ${exchanges.joined + lost} requests: what is left may not be like the rest`,
    );
  }
  return found;
}

/** Quantiles of requests that were chosen for being slow are not those of all. */
function notWhole({ run: { name, pruned, sampled, exchanges } }: Summary): string[] {
  const found: string[] = [];
  if (pruned) {
    found.push(
      `${name}: the oldest ${pruned.paths} of ${exchanges} requests were deleted by age or size: what is left may not be like the rest`,
    );
  }
  if (sampled) {
    const { of, slow, errors, sample } = sampled;
    found.push(
      `${name} is a sample: ${slow + errors + sample} of ${of} requests are kept, all ${slow} slow ones among them: its quantiles are not those of all`,
    );
  }
  return found;
}

function doubtsAbout({ run, load, faults, gaps, layers, drops }: Summary): string[] {
  const found: string[] = [];
  const { p50 = null, lateness } = load ?? {};
  if (p50 && lateness?.p99 && lateness.p99 > LATE_SHARE * p50) {
    found.push(
      `${run.name}: the load generator was late by ${duration(lateness.p99)} at p99, ${percent(lateness.p99 / p50)} of the median`,
    );
  }
  if (load && load.errors > 0) found.push(`${run.name}: ${load.errors} of ${load.sent} requests got no answer in time`);
  const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0);
  if (dropped > 0) found.push(`${run.name}: ${dropped} records were dropped`);
  if (gaps.length > 0)
    found.push(`${run.name}: an agent was away ${gaps.length === 1 ? 'once' : `${gaps.length} times`}`);
  if (faults.negative + faults.clockSteps > 0) {
    found.push(`${run.name}: ${faults.negative} negative times, ${faults.clockSteps} clock steps`);
  }
  const vnic = layers.find(({ layer }) => layer === 'vnic.in');
  if (vnic && isVague(vnic))
    found.push(`${run.name}: vnic.in is known to ± ${duration(vnic.bound!)} only; vnic both needs no clock`);
  return found;
}

function isVague({ p50, bound }: LayerSummary): boolean {
  return bound !== null && p50 !== null && bound > p50 / 2;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
