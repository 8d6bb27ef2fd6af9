/** The VMs of all hosts as they are now: what the host tells of each, and what its guest does. */
import type { Agent } from './agents.ts';
import type { Pipeline } from './pipeline.ts';
import { provenanceView } from './summary.ts';
import type { VmView } from './wire/machine-views.ts';
import { modelApproach, type VmInfo } from './wire/messages.ts';

/** By host, in the order of its taps; then the guests that no host tells of. */
export function vmViews(pipeline: Pipeline): VmView[] {
  const agents = pipeline.registry.all().filter((agent) => agent.connected);
  const guests = new Map(
    agents.flatMap((agent) => {
      const index = agent.hello.role === 'guest' ? pipeline.sources.of(agent)?.index : undefined;
      return index === undefined ? [] : [[index, agent] as const];
    }),
  );
  const onHosts = agents
    .filter(({ hello }) => hello.role === 'host')
    .flatMap((host) => vmsOfHost(pipeline, host, guests));
  const alone = [...guests.values()].map((guest) => vmView(pipeline, null, guest, guest.hello.provenance.hostname, []));
  return [...onHosts, ...alone];
}

/** Guests that are found here are taken out of `guests`. */
function vmsOfHost(pipeline: Pipeline, host: Agent, guests: Map<number, Agent>): VmView[] {
  const source = pipeline.sources.of(host)?.index;
  if (source === undefined) return [];
  const known = pipeline.vmTable.vmsOf(source);
  return [...Map.groupBy(known, ({ name }) => name)].map(([hostName, taps]) => {
    const origin = pipeline.vmTable.originOf(source, hostName);
    // Before its first path a guest is known by its host name only.
    const index = origin?.guest ?? [...guests].find(([, { hello }]) => hello.provenance.hostname === hostName)?.[0];
    const guest = index === undefined ? undefined : guests.get(index);
    if (index !== undefined) guests.delete(index);
    return vmView(pipeline, host, guest ?? null, origin?.name ?? hostName, taps);
  });
}

function vmView(
  pipeline: Pipeline,
  host: Agent | null,
  guest: Agent | null,
  name: string,
  taps: readonly VmInfo[],
): VmView {
  const [vm] = taps;
  const wiring = pipeline.runs.current.wiringOf.get(name) ?? null;
  const told = guest === null ? null : provenanceView(pipeline, guest, wiring);
  const pair = guest && pipeline.clocks.pairOf(pipeline.sources.of(guest)?.index ?? -1);
  const nics = taps.map(({ nicModel, tap, bridge }) => ({
    model: nicModel,
    approach: modelApproach(nicModel),
    tap,
    bridge,
  }));
  return {
    name,
    hostAgent: host?.id ?? null,
    guestAgent: guest?.id ?? null,
    nics: nics.length > 0 || told === null ? nics : [ownNic(told.nicModel)],
    vcpus: vm?.vcpus ?? told?.cpus ?? 0,
    accelerator: told?.accelerator || (vm?.accelerator ?? ''),
    approach: told?.approach ?? 'unknown',
    service: told?.service ?? '',
    vcpuTime: (vm && host?.stats?.vcpuTime[vm.name]) ?? null,
    vcpuDelay: (vm && host?.stats?.vcpuDelay[vm.name]) ?? null,
    steal: guest?.stats?.steal ?? null,
    cpuPressure: guest?.stats?.cpuPressure ?? null,
    boundNs: pair?.fit == null ? null : pair.fit.boundOver(pair.fit.toNs, pair.fit.toNs),
  };
}

function ownNic(model: string): VmView['nics'][number] {
  return { model, approach: modelApproach(model), tap: '', bridge: '' };
}
