import type { Quantity } from '../format.ts';
import './num.css';

/** A number with its unit, set so that numbers above each other align. */
export function Num({ of, title }: { of: Quantity; title?: string | undefined }) {
  return (
    <span class="num" title={title}>
      {of.text}
      <span class="unit">{of.unit === '' ? '' : `\u00a0${of.unit}`}</span>
    </span>
  );
}
