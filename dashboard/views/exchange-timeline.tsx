import type { PathStation, PathView } from '../../server/wire/views.ts';
import { axisDuration, boundedDuration, exactDuration, formatBound, formatDuration, join } from '../format.ts';
import { spanOf } from '../layer-facts.ts';
import { type Lane, timeline } from '../timeline.ts';
import type { Bar } from '../waterfall.ts';
import { layerClass } from './swatch.tsx';
import './exchange-timeline.css';

const NAMES = { host: 'Host', crosses: 'vNIC', guest: 'Guest' } as const;

/** The whole exchange at a glance: what the host saw, what the guest saw, and what lies between their clocks. */
export function ExchangeTimeline({ path }: { path: PathView }) {
  const { lanes, endNs, ticks } = timeline(path);
  if (endNs === 0) return null;
  const percent = (ns: number) => `${((100 * Math.max(0, Math.min(ns, endNs))) / endNs).toFixed(3)}%`;
  const stepNs = (ticks[1] ?? endNs) - (ticks[0] ?? 0);
  return (
    <figure class="timeline-figure" aria-label={sentence(path)}>
      <div class="lanes" aria-hidden="true">
        <div class="axis">
          {ticks.map((tick) => (
            <span key={tick} style={{ left: percent(tick) }}>
              {axisDuration(tick, stepNs, endNs)}
            </span>
          ))}
        </div>
        {lanes.map((lane) => (
          <LaneRow key={lane.clock} lane={lane} path={path} percent={percent} ticks={ticks} endNs={endNs} />
        ))}
      </div>
      <figcaption class="fine">
        ╻ first byte, ╹ last byte of a message at a station. Between the clocks of host and guest,{' '}
        {path.boundNs === null ? 'nothing can be placed yet' : `places hold ${formatBound(path.boundNs)}`}, drawn as
        ├─┤.
      </figcaption>
    </figure>
  );
}

type Percent = (ns: number) => string;

interface LaneRowProps {
  lane: Lane;
  path: PathView;
  percent: Percent;
  ticks: readonly number[];
  endNs: number;
}

function LaneRow({ lane, path, percent, ticks, endNs }: LaneRowProps) {
  return (
    <div class={`lane ${lane.clock}`} data-lane={lane.clock}>
      <span class="lane-name">{NAMES[lane.clock]}</span>
      <div class="lane-track">
        {ticks.map((tick) => (
          <span key={tick} class="tick" style={{ left: percent(tick) }} />
        ))}
        {lane.away !== null && <Away span={lane.away} percent={percent} />}
        {lane.bars.map((bar) => (
          <LaneBar key={bar.layer} bar={bar} percent={percent} endNs={endNs} />
        ))}
        {lane.clock === 'crosses' &&
          path.boundNs !== null &&
          lane.bars.map((bar) => <Whisker key={bar.layer} bar={bar} percent={percent} />)}
        {lane.stations.map((station) => (
          <Bytes key={station.station} of={station} percent={percent} />
        ))}
      </div>
    </div>
  );
}

function Away({ span: [fromNs, toNs], percent }: { span: [number, number]; percent: Percent }) {
  return (
    <span class="away" style={{ left: percent(fromNs), width: percent(toNs - fromNs) }}>
      <span class="bar-label">
        handed to the VM, taken back after <b>{formatDuration(toNs - fromNs)}</b>
      </span>
    </span>
  );
}

/** A name is written where there is room for it. */
const NAMED_SHARE = 0.07;

function LaneBar({ bar, percent, endNs }: { bar: Bar; percent: Percent; endNs: number }) {
  const { layer, ns, boundNs, fromNs, toNs, place } = bar;
  const wide = (toNs! - fromNs!) / endNs >= NAMED_SHARE;
  const title = `${layer}: ${join(boundedDuration(ns, boundNs))} ${formatBound(boundNs)} (${exactDuration(ns)}); ${spanOf(layer)}`;
  return (
    <span
      class={`lane-bar ${place} ${layerClass(layer)}`}
      style={{ left: percent(fromNs!), width: percent(toNs! - fromNs!) }}
      title={title}
      data-lane-bar={layer}
    >
      {wide && (
        <span class="bar-label">
          {layer} <b>{join(boundedDuration(ns, boundNs))}</b>
        </span>
      )}
    </span>
  );
}

/** The clock's bound around the end that it moves. */
function Whisker({ bar, percent }: { bar: Bar; percent: Percent }) {
  const { layer, boundNs, fromNs, toNs, place } = bar;
  if (place !== 'exact' || boundNs === null || boundNs === 0) return null;
  const at = layer === 'vnic.in' ? toNs! : fromNs!;
  const left = Math.max(0, at - boundNs);
  return <span class="lane-whisker" style={{ left: percent(left), width: percent(at + boundNs - left) }} />;
}

function Bytes({ of: { station, firstNs, lastNs }, percent }: { of: PathStation; percent: Percent }) {
  return (
    <>
      <span
        class="byte first"
        style={{ left: percent(firstNs!) }}
        title={`${station}, first byte: ${exactDuration(firstNs)}`}
      />
      {lastNs !== null && lastNs !== firstNs && (
        <span
          class="byte last"
          style={{ left: percent(lastNs) }}
          title={`${station}, last byte: ${exactDuration(lastNs)}`}
        />
      )}
    </>
  );
}

function sentence(path: PathView): string {
  const parts = path.layers.filter(({ of, ns, layer }) => of === null && ns !== null && layer !== 'client');
  const told = parts.map(({ layer, ns }) => `${layer} ${formatDuration(ns)}`).join(', ');
  return `Timeline of host and guest, ${formatDuration(path.endToEndNs)} end to end: ${told}. The table below has the same numbers.`;
}
