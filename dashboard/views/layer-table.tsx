import { duration, formatCount, share } from '../format.ts';
import type { LayerFacts } from '../layer-facts.ts';
import { before } from '../past.ts';
import { beforeWords, recentWords } from '../range-words.ts';
import { QUANTILES, type QuantileName } from '../series.ts';
import { facts, inRun, lastMinute, live, openLayers, quantile, recent } from '../state.ts';
import { fixed } from '../view-range.ts';
import { ChangeCell } from './change-cell.tsx';
import { Doubt } from './doubt.tsx';
import { LayerRow } from './layer-row.tsx';
import { Num } from './num.tsx';
import { OursCell } from './ours-cell.tsx';
import { Scroll } from './scroll.tsx';
import { Sparkline } from './sparkline.tsx';
import './layer-table.css';

/** Every layer of the last ten seconds in the order of the path, with the whole below. */
export function LayerTable() {
  return (
    <section class="panel" id="layers" aria-labelledby="layers-title">
      <h2 id="layers-title">
        Layers{' '}
        <small>
          {recentWords()}, requests only; trend {fixed.value === null ? '60 s' : 'of that time'}, {quantile}
        </small>
        <Doubt within="recent" />
      </h2>
      <Scroll label="Table of layers">
        <table class="layers">
          <Head />
          <tbody>
            {facts.value
              .filter((fact) => fact.of === null)
              .flatMap((fact) => [fact, ...partsOf(fact)])
              .map((fact) => (
                <LayerRow key={fact.layer} fact={fact} parts={measuredParts(fact).map((p) => p.layer)} />
              ))}
          </tbody>
          <Foot />
        </table>
      </Scroll>
    </section>
  );
}

function countInRun(fact: LayerFacts): number {
  return inRun.value?.layers.find((l) => l.layer === fact.layer)?.count ?? 0;
}

/** Parts that were never measured are not shown: not every kernel or server tells them. */
function measuredParts({ layer }: LayerFacts): LayerFacts[] {
  return facts.value.filter((f) => f.of === layer && (f.p50 !== null || countInRun(f) > 0));
}

function partsOf(fact: LayerFacts): LayerFacts[] {
  return openLayers.value.includes(fact.layer) ? measuredParts(fact) : [];
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">Layer</th>
        <th scope="col" class="wide place-name text">
          Place
        </th>
        {QUANTILES.map((q) => (
          <th scope="col" key={q} class={q === quantile.value ? 'chosen' : ''}>
            {q}
          </th>
        ))}
        <th scope="col" id="change" title={`${quantile}, ${recentWords()}, against ${beforeWords()}`}>
          Change
        </th>
        <th scope="col">Mean</th>
        <th scope="col" title="of the mean end-to-end time: means add up, quantiles do not">
          Share
        </th>
        <th scope="col" title="proven error of the clock between host and guest; exact where one clock tells both ends">
          ± bound
        </th>
        <th scope="col" class="ours-part" title="how much of the mean may be the work of our own BPF programs, at most">
          Ours
        </th>
        <th scope="col" class="wide in-run" title="requests in which this layer was measured, whole run, all VMs">
          In run <Doubt within="run" brief />
        </th>
        <th scope="col" class="wide trend">
          Trend
        </th>
      </tr>
    </thead>
  );
}

const chosenClass = (q: QuantileName): string => (q === quantile.value ? 'chosen' : '');

function Foot() {
  const whole = recent.value?.endToEnd;
  const trip = inRun.value?.vnicRoundTrip;
  const { guestNsPerRequest: guest, hostNsPerRequest: host } = live.value!.health.selfCost;
  return (
    <tfoot>
      <tr data-layer="vnicRoundTrip" title="vnic.in + vnic.out of the whole run: host window − guest window, no clock">
        <th scope="row">
          <span class="swatch none" aria-hidden="true" />
          vnic in + out <small>run</small>
        </th>
        <td class="wide place-name text">Hypervisor</td>
        {QUANTILES.map((q) => (
          <td key={q} data-q={q} class={chosenClass(q)}>
            <Num of={duration(trip?.[q])} />
          </td>
        ))}
        <td />
        <td>
          <Num of={duration(trip?.mean)} />
        </td>
        <td />
        <td>clock-free</td>
        <td class="ours-part" />
        <td class="wide in-run">{formatCount(trip?.count)}</td>
        <td class="wide" />
      </tr>
      <tr data-layer="endToEnd">
        <th scope="row">
          <span class="swatch line" aria-hidden="true" />
          end to end
        </th>
        <td class="wide place-name text">Host NIC</td>
        {QUANTILES.map((q) => (
          <td key={q} data-q={q} class={chosenClass(q)}>
            <Num of={duration(whole?.[q])} />
          </td>
        ))}
        <ChangeCell now={whole?.[quantile.value]} before={before.value.value?.points[0]?.endToEnd[quantile.value]} />
        <td>
          <Num of={duration(whole?.mean)} />
        </td>
        <td>
          <Num of={share(whole?.mean == null ? null : 1)} />
        </td>
        <td>exact</td>
        <OursCell oursNs={guest === null || host === null ? null : guest + host} meanNs={whole?.mean ?? null} />
        <td class="wide in-run" data-count>
          {formatCount(inRun.value?.endToEnd.count)}
        </td>
        <td class="wide">
          <Sparkline values={lastMinute.value.endToEnd} />
        </td>
      </tr>
    </tfoot>
  );
}
