/** The summary of a run: what happened, what it cost, what was lost, and how sure we are. */
import type { Agent } from './agents.ts';
import { clockView } from './clock-view.ts';
import type { Pipeline } from './pipeline.ts';
import { faultsOf, type Run, runInfo, totalsSince } from './run.ts';
import { selfCost } from './self-cost.ts';
import type { Vantage } from './wire/stations.ts';
import type { ProvenanceView, Summary } from './wire/views.ts';

/** Ended and settled runs answer with what was kept; the generator's report may come after the end. */
export function summarise(run: Run, pipeline: Pipeline): Summary {
  if (run.frozen !== null) return { ...run.frozen, ...fromLoad(run, run.frozen.exchanges) };
  const since = totalsSince(run.start, pipeline.totals());
  const { aggregate } = run;
  const { pendingHost, pendingGuest } = pipeline.joiner.counts;
  return {
    run: runInfo(run),
    ...fromLoad(run, {
      host: since.host,
      guest: since.guest,
      joined: aggregate.counts.exchanges,
      complete: run.complete,
    }),
    classes: aggregate.classSummaries(),
    layers: aggregate.layerSummaries(),
    endToEnd: aggregate.endToEnd(),
    vnicRoundTrip: aggregate.vnicRoundTrip(),
    tcp: aggregate.tcp(),
    drops: since.drops,
    repeated: { host: since.repeatedHost, guest: since.repeatedGuest },
    pending: { host: pendingHost, guest: pendingGuest },
    unmatched: { host: since.unmatchedHost, guest: since.unmatchedGuest },
    faults: faultsOf(since),
    gaps: pipeline.registry.gaps(run.startedMs, run.endedMs ?? undefined),
    clock: clockView(pipeline),
    selfCost: selfCost(pipeline.registry.all()),
    provenance: { host: provenanceOf(pipeline, 'host'), guest: provenanceOf(pipeline, 'guest') },
  };
}

type Counted = Omit<Summary['exchanges'], 'sent' | 'answered'>;

function fromLoad(run: Run, counted: Counted): Pick<Summary, 'exchanges' | 'load'> {
  const { load } = run;
  return { load, exchanges: { ...counted, sent: load?.sent ?? null, answered: load?.answered ?? null } };
}

/** The newest agent of a role that is connected, or the last one that was. */
function provenanceOf(pipeline: Pipeline, role: Vantage): ProvenanceView | null {
  const agents = pipeline.registry.all().filter((a) => a.hello.role === role);
  const agent = agents.findLast((a) => a.connected) ?? agents.at(-1);
  return agent === undefined ? null : provenanceView(pipeline, agent);
}

/** A guest's own provenance, completed by what only its host can know. */
export function provenanceView({ sources, vmTable }: Pipeline, agent: Agent): ProvenanceView {
  const { provenance } = agent.hello;
  const source = sources.of(agent);
  const info = source === undefined ? undefined : vmTable.infoOfGuest(source.index);
  if (agent.hello.role === 'host' || info === undefined) return provenance;
  const told = (own: string) => own !== '' && own !== 'unknown';
  return {
    ...provenance,
    nicModel: info.nicModel || provenance.nicModel,
    accelerator: told(provenance.accelerator) ? provenance.accelerator : info.accelerator,
  };
}
