import type { ComponentChildren } from 'preact';
import type { AgentView } from '../../server/wire/machine-views.ts';
import type { LayerId, Place, Vantage } from '../../server/wire/stations.ts';
import type { Health, ProvenanceView } from '../../server/wire/views.ts';
import { duration, formatDuration, join, rate, share } from '../format.ts';
import { agentsOf, PLACE_NAMES } from '../layer-facts.ts';
import { recentWords } from '../range-words.ts';
import { QUANTILES } from '../series.ts';
import { facts, inRun, live, quantile, recent, requestsPerSecond, vm, vmName } from '../state.ts';
import { Doubt } from './doubt.tsx';
import { Hop } from './hop.tsx';
import { Num } from './num.tsx';
import { placeClass } from './swatch.tsx';
import './path-panel.css';

/** The way of a request through the five places, the last ten seconds on each hop: in above, out below. */
export function PathPanel() {
  const { health } = live.value!;
  const fact = (layer: LayerId) => facts.value.find((f) => f.layer === layer)!;
  const agents = agentsOf(health, vm.value);
  const host = agents.find((a) => a.role === 'host');
  const guest = agents.find((a) => a.role === 'guest');
  const [hostSeen, guestSeen] = [seenOf(host, 'host'), seenOf(guest, 'guest')];
  return (
    <section class="panel" id="path" aria-labelledby="path-title">
      <h2 id="path-title">
        Path of a request{' '}
        <small>
          {quantile} of {recentWords()}, requests only; width of the flow: share of the mean
        </small>
        <EndToEnd />
        <Doubt within="recent" />
      </h2>
      <div class="route">
        <PlaceBox place="client" about="">
          <Hop name="Client" into={fact('client')} extra="estimated RTT" />
        </PlaceBox>
        <PlaceBox
          place="host"
          about={hostAbout(hostSeen)}
          ours={<SelfCost side="host" agent={host} cost={health.selfCost} />}
        >
          <Hop
            name="NIC"
            about={hostSeen?.driver}
            into={fact('nic.in')}
            out={fact('nic.out')}
            more={fact('transfer')}
          />
          <PlaceBox place="hypervisor" about={hypervisorAbout(hostSeen, guestSeen)}>
            <Hop name="vSwitch" about={hostSeen?.vswitch} into={fact('switch.in')} out={fact('switch.out')} />
            <Hop name="vNIC" about={<VnicRoundTrip />} into={fact('vnic.in')} out={fact('vnic.out')} />
            <PlaceBox
              place="guest"
              about={guestAbout(guestSeen)}
              ours={<SelfCost side="guest" agent={guest} cost={health.selfCost} />}
            >
              <Hop name="TCP/IP" about={guestSeen?.driver} into={fact('tcp.in')} out={fact('tcp.out')} />
              <Hop name="Socket" about="reader wakes" into={fact('wait')} />
              <PlaceBox place="service" about={guestSeen?.service ?? ''}>
                <Hop name={serviceName(guestSeen)} about="read → write" into={fact('service')} turns />
              </PlaceBox>
            </PlaceBox>
          </PlaceBox>
        </PlaceBox>
      </div>
    </section>
  );
}

interface PlaceBoxProps {
  place: Place;
  about: string;
  /** What looking costs here. */
  ours?: ComponentChildren;
  children: ComponentChildren;
}

/** A place with the places inside it; its own share leaves those out. */
function PlaceBox({ place, about, ours, children }: PlaceBoxProps) {
  const own = facts.value.filter((f) => f.place === place && f.of === null && f.share !== null);
  const part = own.length === 0 ? null : own.reduce((sum, f) => sum + f.share!, 0);
  return (
    <div class={`place ${placeClass(place)}`}>
      <p class="tag fine">
        <span class="clipped">
          <b>{PLACE_NAMES[place]}</b> {about}
        </span>
        {ours}
        {part !== null && (
          <span class="part" title="share of the mean end-to-end time, without the boxes inside">
            <Num of={share(part)} />
          </span>
        )}
      </p>
      <div class="inside">{children}</div>
    </div>
  );
}

interface SelfCostProps {
  side: 'host' | 'guest';
  agent: AgentView | undefined;
  cost: Health['selfCost'];
}

/** Beside the latency that it may have added: time of our BPF programs per request, CPU of the agent. */
function SelfCost({ side, agent, cost }: SelfCostProps) {
  const bpf = formatDuration(side === 'host' ? cost.hostNsPerRequest : cost.guestNsPerRequest);
  const title = `self-cost: our BPF programs on the ${side} take ${bpf} per request; CPU of the agent in cores`;
  return (
    <span class="ours" title={title} data-ours={side}>
      BPF {bpf}/req · CPU {join(share(agent?.cpuShare))}
    </span>
  );
}

function EndToEnd() {
  const whole = recent.value?.endToEnd;
  return (
    <span class="headline totals">
      <span class="quiet">end to end at the host NIC</span>
      {QUANTILES.map((q) => (
        <span key={q} class={q === quantile.value ? 'total chosen' : 'total'} id={`total-${q}`}>
          <span class="quiet">{q}</span> <Num of={duration(whole?.[q])} />
        </span>
      ))}
      <span class="total">
        <Num of={rate(requestsPerSecond.value)} />
      </span>
    </span>
  );
}

/** Needs no clock: the host's window minus the guest's. */
function VnicRoundTrip() {
  const trip = inRun.value?.vnicRoundTrip[quantile.value];
  const title = `vnic.in + vnic.out, ${quantile} of the run: needs no clock between host and guest, so it has no bound`;
  return <span title={title}>in + out {join(duration(trip))}</span>;
}

function words(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '' && part !== 'unknown').join(' · ');
}

/** Of an agent that is there, or of the recording. */
function seenOf(agent: AgentView | undefined, role: Vantage): ProvenanceView | undefined {
  const recorded = live.value?.run.recordedMs ? inRun.value?.provenance[role] : undefined;
  return agent?.provenance ?? recorded ?? undefined;
}

function hostAbout(host: ProvenanceView | undefined): string {
  return host === undefined ? 'no agent' : words(host.hostname, host.nic);
}

function hypervisorAbout(host: ProvenanceView | undefined, guest: ProvenanceView | undefined): string {
  const seen = guest ?? host;
  return words(seen?.accelerator, seen?.approach, guest?.nicModel);
}

function guestAbout(guest: ProvenanceView | undefined): string {
  return words(vmName(vm.value), guest === undefined ? 'no agent' : `Linux ${guest.kernel}`);
}

function serviceName(guest: ProvenanceView | undefined): string {
  const name = guest?.service?.split('/')[0] ?? '';
  return name === '' ? 'Server' : name[0]!.toUpperCase() + name.slice(1);
}
