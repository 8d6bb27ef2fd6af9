import { boundedDuration, boundSentence, isBelowBound, type Quantity } from '../format.ts';
import './num.css';

/** A number with its unit, set so that numbers above each other align. */
export function Num({ of, title, look = '' }: { of: Quantity; title?: string | undefined; look?: string }) {
  return (
    <span class={`num ${look}`} title={title}>
      {of.text}
      <span class="unit">{of.unit === '' ? '' : `\u00a0${of.unit}`}</span>
    </span>
  );
}

/** A duration that may depend on the clock: hatched, and told as an upper limit, where it is less than its bound. */
export function BoundedNum({ ns, boundNs }: { ns: number | null; boundNs: number | null }) {
  const look = isBelowBound(ns, boundNs) ? 'below-bound' : '';
  return <Num of={boundedDuration(ns, boundNs)} title={boundSentence(ns, boundNs) || undefined} look={look} />;
}
