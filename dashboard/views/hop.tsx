import type { ComponentChildren } from 'preact';
import { duration, formatBound, isBelowBound, join, MISSING } from '../format.ts';
import type { Absence, LayerFacts } from '../layer-facts.ts';
import { quantile } from '../state.ts';
import { BoundedNum } from './num.tsx';
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
  const title = fact.missing?.reason ?? fact.span;
  return (
    <div class={fact.layer.endsWith('.out') ? 'value out' : 'value'} title={title} data-hop={fact.layer}>
      <span class="fine">{fact.layer}</span>
      {fact.missing === null ? (
        <strong>
          <BoundedNum ns={ns} boundNs={fact.boundNs} />
        </strong>
      ) : (
        <Missing what={fact.missing} />
      )}
      <small>
        {fact.missing === null && extra}
        {fact.missing === null && formatBound(fact.boundNs)}
        {more !== undefined && (
          <span title={more.missing?.reason ?? more.span}>+ transfer {join(duration(more[quantile.value]))}</span>
        )}
      </small>
    </div>
  );
}

/** In the place of a number: that there is none, and why. */
function Missing({ what }: { what: Absence }) {
  if (what.idle) return <strong class="quiet">{MISSING}</strong>;
  return (
    <span class="missing warn">
      <strong>missing</strong> {what.brief}
      <span class="unseen">: {what.reason}</span>
    </span>
  );
}

const THINNEST_PX = 2;
const WIDEST_PX = 16;

/** An arrow as wide as the layer's share; dashed where nothing was measured, pale where less than the bound. */
function Flow({ fact, direction }: { fact: LayerFacts | undefined; direction: 'in' | 'out' }) {
  if (fact === undefined || fact.layer === 'client') return <div class={`flow pass ${direction}`} />;
  const below = isBelowBound(fact[quantile.value], fact.boundNs);
  const look = fact.missing !== null ? 'absent' : below ? 'below' : '';
  const width = THINNEST_PX + (WIDEST_PX - THINNEST_PX) * (fact.share ?? 0);
  return (
    <div class={`flow ${direction} ${look} ${layerClass(fact.layer)}`} style={{ '--flow': `${width.toFixed(1)}px` }} />
  );
}
