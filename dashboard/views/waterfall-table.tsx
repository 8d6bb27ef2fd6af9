import type { ComponentChildren } from 'preact';
import type { AgentView } from '../../server/wire/machine-views.ts';
import type { PathView } from '../../server/wire/views.ts';
import { exactDuration, formatBound, formatDuration, formatShift, share } from '../format.ts';
import { missingStations, spanOf } from '../layer-facts.ts';
import { type Bar, type Waterfall, waterfall } from '../waterfall.ts';
import { type Against, culprit } from '../why-slow.ts';
import { BoundedNum, Duration, Num } from './num.tsx';
import { Scroll } from './scroll.tsx';
import { layerClass, Swatch } from './swatch.tsx';
import './waterfall-table.css';

interface WaterfallProps {
  path: PathView;
  /** They know why a station is missing. */
  agents: readonly AgentView[];
  /** The run's medians, to be told beside it. */
  against?: readonly Against[] | undefined;
}

/** One request, layer below layer, each where it lies on the host's timeline. */
export function WaterfallTable({ path, agents, against }: WaterfallProps) {
  const fall = waterfall(path);
  const most = against === undefined ? null : culprit(against);
  return (
    <>
      <Scroll label="Waterfall of the request">
        <table class="waterfall">
          <thead>
            <tr>
              <th scope="col">Layer</th>
              <th scope="col">Begins at</th>
              <th scope="col" class="text timeline">
                0 to {formatDuration(fall.endNs)} after nic.rx
              </th>
              <th scope="col">Time</th>
              <th scope="col">Share</th>
              <th scope="col">± bound</th>
              {against !== undefined && (
                <>
                  <th scope="col">Run p50</th>
                  <th scope="col" title="than the run’s median of this layer">
                    Longer by
                  </th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {fall.bars.map((bar) => (
              <Row key={bar.layer} bar={bar} fall={fall} path={path} agents={agents}>
                {against !== undefined && (
                  <AgainstCells
                    of={against.find((row) => row.layer === bar.layer)}
                    isMost={most?.layer === bar.layer}
                  />
                )}
              </Row>
            ))}
          </tbody>
        </table>
      </Scroll>
      {fall.unplaced !== '' && (
        <p class="fine warn">
          <span aria-hidden="true">▲</span> Guest layers are hatched over the stretch in which they lie: {fall.unplaced}
          . vNIC in and out together need no clock.
        </p>
      )}
    </>
  );
}

interface RowProps extends Omit<WaterfallProps, 'against'> {
  bar: Bar;
  fall: Waterfall;
  children: ComponentChildren;
}

function Row({ bar, fall, path, agents, children }: RowProps) {
  const { layer, of, ns, boundNs, fromNs, place } = bar;
  const whole = path.endToEndNs;
  return (
    <tr data-bar={layer} class={of === null ? '' : 'part-of'}>
      <th scope="row" title={spanOf(layer)}>
        <Swatch layer={of ?? layer} />
        {layer}
      </th>
      <td>{place === 'exact' ? <Duration ns={fromNs} /> : <span class="quiet">within</span>}</td>
      <td class="timeline">
        <Track bar={bar} endNs={fall.endNs} />
      </td>
      <td>{ns === null ? <Missing bar={bar} agents={agents} /> : <BoundedNum ns={ns} boundNs={boundNs} />}</td>
      <td>
        <Num of={share(ns === null || whole === null || whole === 0 ? null : ns / whole)} />
      </td>
      <td title={exactDuration(boundNs === 0 ? null : boundNs) || undefined}>
        {boundNs === 0 ? <span class="quiet">exact</span> : formatBound(boundNs)}
      </td>
      {children}
    </tr>
  );
}

/** Parts of layers have no median of their own here. */
function AgainstCells({ of, isMost }: { of: Against | undefined; isMost: boolean }) {
  if (of === undefined) return <td colSpan={2} />;
  const longer = of.moreNs !== null && of.moreNs > 0;
  return (
    <>
      <td class="quiet">
        <Duration ns={of.medianNs} />
      </td>
      <td class={isMost ? 'more most' : longer ? 'more' : 'quiet'} title={exactDuration(of.moreNs) || undefined}>
        {isMost && <span aria-hidden="true">▲ </span>}
        {of.moreNs === null ? '–' : formatShift(of.moreNs)}
        {isMost && <span class="unseen">, the most of all</span>}
      </td>
    </>
  );
}

function Missing({ bar, agents }: { bar: Bar; agents: readonly AgentView[] }) {
  const [station] = bar.missing;
  const known = missingStations(agents).find((m) => m.station === station);
  const reason = known?.reason ?? (station === undefined ? 'no clock' : 'it was not stamped for this request');
  return (
    <span class="warn" title={`${station ?? bar.layer}: ${reason}`}>
      {station === undefined ? 'no clock' : `no ${station}`}
      <span class="unseen">: {reason}</span>
    </span>
  );
}

/** Bars are never thinner than can be seen; the whisker is the clock's bound around the end that it moves. */
function Track({ bar, endNs }: { bar: Bar; endNs: number }) {
  if (bar.fromNs === null || bar.toNs === null || endNs === 0) return null;
  const percent = (ns: number) => `${((100 * Math.max(0, Math.min(ns, endNs))) / endNs).toFixed(3)}%`;
  const crossing = bar.layer === 'vnic.in' ? bar.toNs : bar.fromNs;
  const look = `${bar.place} ${layerClass(bar.of ?? bar.layer)}`;
  return (
    <span class="track" aria-hidden="true">
      <span class={`extent ${look}`} style={{ left: percent(bar.fromNs), width: percent(bar.toNs - bar.fromNs) }} />
      {bar.place === 'exact' && bar.boundNs !== null && bar.boundNs > 0 && (
        <span class="whisker" style={whisker(crossing, bar.boundNs, percent)} />
      )}
    </span>
  );
}

function whisker(atNs: number, boundNs: number, percent: (ns: number) => string) {
  const left = Math.max(0, atNs - boundNs);
  return { left: percent(left), width: percent(atNs + boundNs - left) };
}
