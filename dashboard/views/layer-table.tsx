import { boundedDuration, duration, formatCount, isBelowBound, MISSING, type Quantity, share } from '../format.ts';
import { type LayerFacts, layerFacts, PLACE_NAMES } from '../layer-facts.ts';
import { QUANTILES } from '../series.ts';
import { lastMinute, live, quantile, recent, summary } from '../state.ts';
import { Num } from './num.tsx';
import { Scroll } from './scroll.tsx';
import { Sparkline } from './sparkline.tsx';
import { Swatch } from './swatch.tsx';
import './layer-table.css';

/** Every layer of the last ten seconds in the order of the path, with the whole below. */
export function LayerTable() {
  const facts = layerFacts(recent.value, live.value!.health);
  return (
    <section class="panel" id="layers" aria-labelledby="layers-title">
      <h2 id="layers-title">
        Layers <small>last 10 s; trend 60 s of {quantile}</small>
      </h2>
      <Scroll label="Table of layers">
        <table class="layers">
          <Head />
          <tbody>
            {facts.map((fact, i) => (
              <LayerRow key={fact.layer} fact={fact} trend={lastMinute.value.layers[i] ?? []} />
            ))}
          </tbody>
          <Foot />
        </table>
      </Scroll>
    </section>
  );
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
        <th scope="col">Mean</th>
        <th scope="col" title="of the mean end-to-end time: means add up, quantiles do not">
          Share
        </th>
        <th scope="col" title="proven error of the clock between host and guest">
          ± bound
        </th>
        <th scope="col" class="wide" title="exchanges in which this layer was measured, whole run, all VMs">
          In run
        </th>
        <th scope="col" class="wide">
          Trend
        </th>
      </tr>
    </thead>
  );
}

function LayerRow({ fact, trend }: { fact: LayerFacts; trend: readonly number[] }) {
  const inRun = summary.value.value?.layers.find((l) => l.layer === fact.layer)?.count;
  return (
    <tr data-layer={fact.layer}>
      <th scope="row" title={fact.span}>
        <Swatch layer={fact.layer} />
        {fact.layer}
      </th>
      <td class="wide place-name text">{PLACE_NAMES[fact.place]}</td>
      {QUANTILES.map((q) => (
        <td key={q} data-q={q} class={q === quantile.value ? 'chosen' : ''}>
          <Value fact={fact} ns={fact[q]} />
        </td>
      ))}
      <td>
        <Value fact={fact} ns={fact.mean} />
      </td>
      <td title={fact.layer === 'client' ? 'estimated beside the sum, not in it' : undefined}>
        <Num of={share(fact.share)} />
      </td>
      <td>
        <Num of={boundOf(fact)} title={fact.boundNs === 0 ? 'one clock tells both ends' : undefined} />
      </td>
      <td class="wide" data-count>
        {formatCount(inRun)}
      </td>
      <td class="wide">
        <Sparkline values={trend} />
      </td>
    </tr>
  );
}

function boundOf(fact: LayerFacts): Quantity {
  if (fact.layer === 'client') return { text: 'estimate', unit: '' };
  if (fact.boundNs === 0) return { text: 'exact', unit: '' };
  const { text, unit } = duration(fact.boundNs);
  return { text: text === MISSING ? text : `± ${text}`, unit };
}

function Value({ fact, ns }: { fact: LayerFacts; ns: number | null }) {
  if (isBelowBound(ns, fact.boundNs)) {
    const measured = duration(ns);
    const title = `measured ${measured.text} ${measured.unit}, which is less than the clock's bound`;
    return <Num of={boundedDuration(ns, fact.boundNs)} title={title} />;
  }
  return <Num of={duration(ns)} title={fact.missing || undefined} />;
}

function Foot() {
  const whole = recent.value?.endToEnd;
  return (
    <tfoot>
      <tr data-layer="endToEnd">
        <th scope="row">
          <span class="swatch line" aria-hidden="true" />
          end to end
        </th>
        <td class="wide place-name text">Host NIC</td>
        {QUANTILES.map((q) => (
          <td key={q} data-q={q} class={q === quantile.value ? 'chosen' : ''}>
            <Num of={duration(whole?.[q])} />
          </td>
        ))}
        <td>
          <Num of={duration(whole?.mean)} />
        </td>
        <td>
          <Num of={share(whole?.mean == null ? null : 1)} />
        </td>
        <td>exact</td>
        <td class="wide" data-count>
          {formatCount(summary.value.value?.endToEnd.count)}
        </td>
        <td class="wide">
          <Sparkline values={lastMinute.value.endToEnd} />
        </td>
      </tr>
    </tfoot>
  );
}
