import { boundedDuration, boundSentence, duration, exactDuration, isBelowBound, type Quantity } from '../format.ts';
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
  const title = boundSentence(ns, boundNs) || exactDuration(ns);
  return <Num of={boundedDuration(ns, boundNs)} title={title || undefined} look={look} />;
}

/** A duration, exact to the nanosecond where it is pointed at. */
export function Duration({ ns }: { ns: number | null | undefined }) {
  return <Num of={duration(ns)} title={exactDuration(ns) || undefined} />;
}
