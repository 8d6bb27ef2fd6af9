/** The report of a stretch of time: its dossier, and beside it what was under test and what measuring cost. */
import { REPORT_FORMAT, type ReportData, type ReportFacts } from './report/report-data.ts';
import { type DossierParts, dossierOf } from './slo-dossier.ts';
import { summarise } from './summary.ts';
import { VERSION } from './version.ts';
import type { SloStretch } from './wire/slo-views.ts';
import type { ProvenanceView, Summary } from './wire/views.ts';

/** @param objective its id @throws RequestError where there is none of that name */
export async function reportOf(parts: DossierParts, objective: string, asked: SloStretch): Promise<ReportData> {
  const episode = await dossierOf(parts, objective, asked);
  const nowMs = parts.pipeline.now();
  const fired = parts.engine
    .episodes(nowMs)
    .filter((one) => one.objective === objective && one.fromMs < asked.toMs && one.toMs > asked.fromMs);
  return {
    ...{ format: REPORT_FORMAT, hopscope: VERSION, madeMs: nowMs },
    question: `Was ${episode.service} slow from ${minuteText(asked.fromMs)} to ${minuteText(asked.toMs)} UTC? The platform, or the tenant?`,
    episode,
    alerts: fired.flatMap(({ rules }) =>
      rules.map(
        ({ rule, severity, atMs }) => `${severity} ${rule} fired at ${new Date(atMs).toISOString().slice(0, 19)}Z`,
      ),
    ),
    facts: await factsOf(parts, asked),
  };
}

function minuteText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

/** Of the newest run that lasted in that time. */
async function factsOf({ pipeline, kept }: DossierParts, { fromMs, toMs }: SloStretch): Promise<ReportFacts[]> {
  const { runs } = await kept.page({ limit: 100 });
  const there = runs.find(({ stretches }) => stretches.some((one) => one.fromMs < toMs && (one.toMs ?? toMs) > fromMs));
  if (there === undefined) return [];
  const summary = summarise(await kept.of(there.id), pipeline);
  return [
    { what: `Run ${there.name}: what was under test`, lines: provenanceLines(summary) },
    { what: 'Clocks and losses', lines: clockLines(summary) },
    { what: 'What measuring cost', lines: costLines(summary) },
  ];
}

function provenanceLines({ byVm, provenance }: Summary): [string, string][] {
  const vms = Object.entries(byVm).map(([vm, own]) => [vm, own.provenance] as const);
  const all = vms.length > 0 ? vms : [['all VMs', provenance] as const];
  return all.flatMap(([vm, { host, guest }]) => [
    ...machineLines(`host of ${vm}`, host),
    ...machineLines(`guest ${vm}`, guest),
  ]);
}

function machineLines(who: string, machine: ProvenanceView | null): [string, string][] {
  if (machine === null) return [[who, 'nobody told']];
  const told = Object.entries(machine).filter(
    ([, value]) => ['string', 'number'].includes(typeof value) && value !== '',
  );
  return told.map(([name, value]) => [`${who}: ${name}`, String(value)]);
}

function clockLines({ clock, drops, gaps, unmatched, faults }: Summary): [string, string][] {
  const counts = (values: object) =>
    Object.entries(values)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return [
    ['clock between host and guest', clock.method],
    ['its bound, ns', clock.boundNs === null ? 'none' : String(clock.boundNs)],
    ['events of clocks', counts(clock.counts)],
    ['records dropped', counts(drops)],
    ['records without a partner', counts(unmatched)],
    ['faults', counts(faults)],
    ['times an agent was away', String(gaps.length)],
  ];
}

function costLines({ selfCost }: Summary): [string, string][] {
  const text = (value: number | null) => (value === null ? 'not measured' : value.toFixed(3));
  return [
    ['our BPF programs on the host, ns per request', text(selfCost.hostNsPerRequest)],
    ['our BPF programs in the guest, ns per request', text(selfCost.guestNsPerRequest)],
    ['our agents, cores', text(selfCost.agentCpu)],
  ];
}
