import type { ComponentChildren } from 'preact';
import { boundedDuration, duration, isBelowBound, join } from '../format.ts';
import type { LayerFacts } from '../layer-facts.ts';
import { quantile } from '../state.ts';
import { Num } from './num.tsx';
import { layerClass } from './swatch.tsx';
import './hop.css';

interface HopProps {
  /** What stands there: NIC, vSwitch, … */
  name: string;
  about?: ComponentChildren;
  into: LayerFacts;
  out?: LayerFacts;
  /** A second layer on the way out. */
  more?: LayerFacts;
  /** A word under the value on the way in. */
  extra?: string;
  /** The request becomes the response here. */
  turns?: boolean;
}

/** One hop: the request's flow above, what stands there, the response's flow below. */
export function Hop({ name, about, into, out, more, extra, turns = false }: HopProps) {
  return (
    <div class={turns ? 'hop turns' : 'hop'}>
      <Value fact={into} extra={extra} />
      <Flow fact={into} direction="in" />
      <div class="component">
        {name}
        <small class="clipped">{about}</small>
      </div>
      <Flow fact={turns ? into : out} direction="out" />
      {out === undefined ? <div class="value out" /> : <Value fact={out} more={more} />}
    </div>
  );
}

function Value({ fact, extra, more }: { fact: LayerFacts; extra?: string | undefined; more?: LayerFacts | undefined }) {
  const ns = fact[quantile.value];
  const below = isBelowBound(ns, fact.boundNs);
  const title = fact.missing || (below ? `measured ${join(duration(ns))}, less than the clock's bound` : fact.span);
  return (
    <div class={fact.layer.endsWith('.out') ? 'value out' : 'value'} title={title} data-hop={fact.layer}>
      <span class="fine">{fact.layer}</span>
      <strong>
        <Num of={boundedDuration(ns, fact.boundNs)} />
      </strong>
      <small>
        {extra}
        {fact.boundNs !== 0 && ns !== null && `± ${join(duration(fact.boundNs))}`}
        {more !== undefined && (
          <span title={more.missing || more.span}>+ transfer {join(duration(more[quantile.value]))}</span>
        )}
        {fact.missing !== '' && <span class="unseen">{fact.missing}</span>}
      </small>
    </div>
  );
}

const THINNEST_PX = 2;
const WIDEST_PX = 16;

/** An arrow as wide as the layer's share; dashed where nothing was measured, pale where less than the bound. */
function Flow({ fact, direction }: { fact: LayerFacts | undefined; direction: 'in' | 'out' }) {
  if (fact === undefined || fact.layer === 'client') return <div class={`flow pass ${direction}`} />;
  const below = isBelowBound(fact[quantile.value], fact.boundNs);
  const look = fact.missing !== '' ? 'absent' : below ? 'below' : '';
  const width = THINNEST_PX + (WIDEST_PX - THINNEST_PX) * (fact.share ?? 0);
  return (
    <div class={`flow ${direction} ${look} ${layerClass(fact.layer)}`} style={{ '--flow': `${width.toFixed(1)}px` }} />
  );
}
