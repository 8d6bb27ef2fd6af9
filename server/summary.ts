/** The summary of a run: what happened, what it cost, what was lost, and how sure we are. */
import type { Agent } from './agents.ts';
import { VmTotal } from './aggregate/vm-total.ts';
import { clockView } from './clock-view.ts';
import type { Pipeline } from './pipeline.ts';
import { type Momentary, type Run, runInfo, type Wiring } from './run.ts';
import { costOf, costSum, selfCost } from './self-cost.ts';
import { faultsOf, pendingOf, type Totals, totalsSince, totalsSum } from './totals.ts';
import type { VmSummary } from './wire/machine-views.ts';
import { modelApproach, type Provenance, type VmInfo } from './wire/messages.ts';
import type { Vantage } from './wire/stations.ts';
import type { Gap, ProvenanceView, Summary } from './wire/views.ts';

/** Ended and settled runs answer with what was kept; the generator's report may come after the end. */
export function summarise(run: Run, pipeline: Pipeline): Summary {
  if (run.frozen !== null) {
    const byVm = mapValues(run.frozen.byVm, (vm, name) => ({ ...vm, ...fromVmLoad(run, name, vm.exchanges) }));
    return { ...run.frozen, run: runInfo(run), ...fromLoad(run, run.frozen.exchanges), byVm };
  }
  if (run.recorded !== null) return replayed(run, run.recorded);
  const since = countedBy(run, pipeline);
  const { aggregate } = run;
  const joined = aggregate.counts.exchanges;
  const { provenanceOf, ...moment } = run.left ?? momentOf(run, pipeline);
  const pending = run.start === null ? { host: 0, guest: 0 } : pendingOf(pipeline);
  return {
    run: runInfo(run),
    ...fromLoad(run, {
      host: since.hostApart + joined + pending.host,
      guest: since.guestApart + joined + pending.guest,
      joined,
      complete: run.complete,
    }),
    ...aggregate.whole().measured(),
    drops: since.drops,
    repeated: { host: since.repeatedHost, guest: since.repeatedGuest },
    pending,
    unmatched: { host: since.unmatchedHost, guest: since.unmatchedGuest },
    faults: faultsOf(since),
    gaps: gapsOf(run, pipeline),
    ...moment,
    byVm: summariesByVm(run, provenanceOf),
  };
}

/** What is in so far, among what the recording says of the rest; its own numbers, where they are of more than is in it. */
function replayed(run: Run, recorded: Summary): Summary {
  if (recorded.run.pruned || recorded.run.sampled) return { ...recorded, run: runInfo(run) };
  const exchanges = { ...recorded.exchanges, joined: run.aggregate.counts.exchanges, complete: run.complete };
  const told = new Map(Object.entries(recorded.byVm).map(([vm, { provenance }]) => [vm, provenance]));
  const byVm = mapValues(summariesByVm(run, told), (vm, name) => ({ ...vm, cpu: recorded.byVm[name]?.cpu ?? vm.cpu }));
  return { ...recorded, run: runInfo(run), exchanges, ...run.aggregate.whole().measured(), byVm };
}

const NO_PROVENANCE = { host: null, guest: null };

function summariesByVm(run: Run, provenanceOf: Momentary['provenanceOf']): Summary['byVm'] {
  const { byVm } = run.aggregate;
  const entries = [...new Set([...byVm.keys(), ...run.loadOf.keys()])].map((vm): [string, VmSummary] => {
    const total = byVm.get(vm) ?? new VmTotal();
    return [
      vm,
      {
        ...total.measured(),
        cpu: total.cpu,
        provenance: provenanceOf.get(vm) ?? NO_PROVENANCE,
        ...fromVmLoad(run, vm, { joined: total.series.exchanges, complete: total.complete }),
      },
    ];
  });
  return Object.fromEntries(entries);
}

function mapValues<V>(values: Record<string, V>, change: (value: V, name: string) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}

/** What can only be said of a run while it is the current one. */
export function momentOf(run: Run, pipeline: Pipeline): Momentary {
  const agents = pipeline.registry.all();
  const provenance = (wiring: Wiring | null) => ({
    host: provenanceOf(pipeline, agents, 'host', wiring),
    guest: provenanceOf(pipeline, agents, 'guest', wiring),
  });
  return {
    clock: clockView(pipeline),
    selfCost: selfCost(costSum(run.cost, costOf(agents))),
    provenance: provenance(run.wiring),
    provenanceOf: new Map([...run.wiringOf].map(([vm, wiring]) => [vm, provenance(wiring)])),
  };
}

function countedBy({ start, counted }: Run, pipeline: Pipeline): Totals {
  return start === null ? counted : totalsSum(counted, totalsSince(start, pipeline.totals()));
}

/** Those that touch a stretch of the run; of a run that is over and settled those that were kept. */
export function gapsOf({ stretches, startedMs, frozen, recorded }: Run, { registry }: Pipeline): Gap[] {
  const kept = frozen ?? recorded;
  if (kept !== null) return kept.gaps;
  const touches = (gap: Gap) =>
    stretches.some(({ fromMs, toMs }) => gap.fromMs <= (toMs ?? Infinity) && (gap.toMs ?? Infinity) >= fromMs);
  return registry.gaps(startedMs).filter(touches);
}

type Counted = Omit<Summary['exchanges'], 'sent' | 'answered'>;

function fromLoad(run: Run, counted: Counted): Pick<Summary, 'exchanges' | 'load'> {
  const { load } = run;
  return { load, exchanges: { ...counted, sent: load?.sent ?? null, answered: load?.answered ?? null } };
}

function fromVmLoad(
  run: Run,
  vm: string,
  { joined, complete }: { joined: number; complete: number },
): Pick<VmSummary, 'exchanges' | 'load'> {
  const load = run.loadOf.get(vm) ?? null;
  return { load, exchanges: { sent: load?.sent ?? null, answered: load?.answered ?? null, joined, complete } };
}

/** Of the machine that the run's paths went through, else of the newest agent that is connected, or was. */
function provenanceOf(
  pipeline: Pipeline,
  all: readonly Agent[],
  role: Vantage,
  wiring: Wiring | null,
): ProvenanceView | null {
  const agents = all.filter((a) => a.hello.role === role);
  const own = agents.filter((a) => wiring !== null && pipeline.sources.of(a)?.index === wiring[role]);
  const candidates = own.length > 0 ? own : agents;
  const agent = candidates.findLast((a) => a.connected) ?? candidates.at(-1);
  return agent === undefined ? null : provenanceView(pipeline, agent, wiring);
}

/**
 * An agent's own provenance, completed by what its host knows of the VM, with the NIC that the paths used.
 * @param wiring of the run that is asked about
 */
export function provenanceView({ sources, vmTable }: Pipeline, agent: Agent, wiring: Wiring | null): ProvenanceView {
  const { role, bootId, nics = [] } = agent.hello;
  const provenance = { ...agent.hello.provenance, bootId };
  const source = sources.of(agent)?.index;
  const isOwn = wiring !== null && wiring[role] === source;
  const vm = isOwn ? vmTable.infoOfTap(wiring.host, wiring.tap) : undefined;
  if (role === 'host') return vm === undefined ? provenance : { ...provenance, ...nicOf(vm) };
  const nic = isOwn ? nics.find(({ ifindex }) => ifindex === wiring.vnic) : undefined;
  const { ifindex: _, ...used } = nic ?? { ifindex: 0 };
  return completed({ ...provenance, ...used }, vm ?? (source === undefined ? undefined : vmTable.infoOfGuest(source)));
}

function nicOf({ nicModel }: VmInfo): Pick<Provenance, 'nicModel' | 'nicApproach'> {
  return { nicModel, nicApproach: modelApproach(nicModel) };
}

function completed(provenance: ProvenanceView, vm: VmInfo | undefined): ProvenanceView {
  if (vm === undefined) return provenance;
  const told = (own: string) => own !== '' && own !== 'unknown';
  return {
    ...provenance,
    nicModel: vm.nicModel || provenance.nicModel,
    accelerator: told(provenance.accelerator) ? provenance.accelerator : vm.accelerator,
  };
}
