import type { ComponentChildren } from 'preact';
import type { Place } from '../../server/wire/stations.ts';
import type { ProvenanceView } from '../../server/wire/views.ts';
import { boundedDuration, formatBound, isBelowBound } from '../format.ts';
import { PLACE_NAMES } from '../layer-facts.ts';
import { current, meanShares, step, steps, walked } from '../path-state.ts';
import { summary } from '../run-choice.ts';
import { layerOf, STEP_IDS, type StepId } from '../walk.ts';
import { BoundedNum, Num } from './num.tsx';
import { layerClass, placeClass } from './swatch.tsx';
import './hop.css';
import './path-panel.css';
import './walk-map.css';

/** The five places as boxes in boxes: in above, out below; where the walk is stands out. */
export function WalkMap() {
  const { host, guest } = summary.value.value?.provenance ?? { host: null, guest: null };
  return (
    <div class={step.value === null ? 'route' : 'route walking'}>
      <PlaceBox place="client" about="">
        <Hop name="Client, internet" into="request" out="answer" />
      </PlaceBox>
      <PlaceBox place="host" about={words('the physical machine', host?.nic)}>
        <Hop name="Network card" about={host?.driver} into="nic.in" out="nic.out" more="transfer" />
        <PlaceBox place="hypervisor" about={words(guest?.accelerator, guest?.approach)}>
          <Hop name="Virtual switch" about={host?.vswitch} into="switch.in" out="switch.out" />
          <Hop name="Virtual card" about={guest?.nicModel || guest?.driver} into="vnic.in" out="vnic.out" />
          <PlaceBox place="guest" about={words(walked.value?.vm, kernelOf(guest))}>
            <Hop name="TCP/IP" about={guest?.driver} into="tcp.in" out="tcp.out" />
            <Hop name="Socket" about="waits for its reader" into="wait" />
            <PlaceBox place="service" about="">
              <Hop name={serviceName(guest)} about="reads, works, writes" into="service" turns />
            </PlaceBox>
          </PlaceBox>
        </PlaceBox>
      </PlaceBox>
    </div>
  );
}

function PlaceBox({ place, about, children }: { place: Place; about: string; children: ComponentChildren }) {
  const here = current.value?.place === place;
  return (
    <div class={`place ${placeClass(place)} ${here ? 'here' : ''}`} data-place={place}>
      <p class="tag fine">
        <span class="clipped">
          <b>{PLACE_NAMES[place]}</b> {about}
        </span>
        {here && <span class="here-mark">● here</span>}
      </p>
      <div class="inside">{children}</div>
    </div>
  );
}

interface HopProps {
  name: string;
  about?: string | undefined;
  into: StepId;
  out?: StepId;
  /** A second step on the way out. */
  more?: StepId;
  /** The request becomes the response here. */
  turns?: boolean;
}

function Hop({ name, about, into, out, more, turns = false }: HopProps) {
  return (
    <div class="hop">
      <StepButton id={into} way="in" />
      <Flow id={into} way="in" />
      <div class="component">
        {name}
        <small class="clipped">{about}</small>
      </div>
      <Flow id={turns ? into : out} way="out" />
      <div class="value out">
        {out !== undefined && <StepButton id={out} way="out" />}
        {more !== undefined && <StepButton id={more} way="out" />}
      </div>
    </div>
  );
}

/** The time of a step; pressed, the walk goes there. */
function StepButton({ id, way }: { id: StepId; way: 'in' | 'out' }) {
  const one = steps.value.find((s) => s.id === id)!;
  const isHere = step.value === id;
  return (
    <button
      type="button"
      class={`stop ${way} ${isHere ? 'here' : ''}`}
      aria-current={isHere ? 'step' : undefined}
      data-stop={id}
      onClick={() => {
        step.value = id;
      }}
    >
      <span class="fine">
        {STEP_IDS.indexOf(id) + 1}. {id}
      </span>
      <strong>
        {one.ns === null ? (
          <span class="warn">missing</span>
        ) : one.boundNs === 0 ? (
          <Exact of={one} />
        ) : (
          <BoundedNum ns={one.ns} boundNs={one.boundNs} />
        )}
      </strong>
      {one.ns !== null && one.boundNs !== 0 && <small>{formatBound(one.boundNs)}</small>}
    </button>
  );
}

function Exact({
  of: { ns, boundNs, isEstimate },
}: {
  of: { ns: number | null; boundNs: number | null; isEstimate: boolean };
}) {
  const { text, unit } = boundedDuration(ns, boundNs);
  return <Num of={{ text: isEstimate ? `≈\u00a0${text}` : text, unit }} />;
}

const THINNEST_PX = 2;
const WIDEST_PX = 16;

/** An arrow as wide as the step's share of the run's mean, live; the request stands on the one that is walked. */
function Flow({ id, way }: { id: StepId | undefined; way: 'in' | 'out' }) {
  const one = steps.value.find((s) => s.id === id);
  if (id === undefined || one === undefined) return <div class={`flow pass ${way}`} />;
  const look = one.ns === null ? 'absent' : isBelowBound(one.ns, one.boundNs) ? 'below' : '';
  const width = THINNEST_PX + (WIDEST_PX - THINNEST_PX) * (meanShares.value(id) ?? 0);
  const isHere = step.value === id && way === (one.direction === 'out' ? 'out' : 'in');
  return (
    <div class={`flow ${way} ${look} ${layerClass(layerOf(id))}`} style={{ '--flow': `${width.toFixed(1)}px` }}>
      {isHere && <span class={`packet ${way}`} key={id} aria-hidden="true" />}
    </div>
  );
}

function words(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '' && part !== 'unknown').join(' · ');
}

function kernelOf(guest: ProvenanceView | null): string {
  return guest === null ? '' : `Linux ${guest.kernel}`;
}

function serviceName(guest: ProvenanceView | null): string {
  const name = guest?.service?.split('/')[0] ?? '';
  return name === '' ? 'Server' : name[0]!.toUpperCase() + name.slice(1);
}
