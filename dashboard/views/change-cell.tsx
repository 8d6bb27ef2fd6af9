import { exactDuration, growth, type Quantity } from '../format.ts';
import { beforeWords } from '../range-words.ts';
import { changeOf } from '../stored-series.ts';
import { Num } from './num.tsx';

/** Less is what seconds differ by anyway. */
const TELLING = 0.1;
/** Less is what two quantiles of buckets may differ by and be the same. */
const SAME = 0.025;

const NO_GROWTH: Quantity = { text: '≈\u00a00', unit: '%' };

interface ChangeCellProps {
  /** ns. */
  now: number | null | undefined;
  before: number | null | undefined;
}

/** How a layer's time differs from that of the minutes before, marked where it is much. */
export function ChangeCell({ now, before }: ChangeCellProps) {
  const change = changeOf(now, before);
  const title =
    change === null ? undefined : `${exactDuration(now)} against ${exactDuration(before)} in ${beforeWords()}`;
  const sign = change === null || Math.abs(change) < TELLING ? '' : change > 0 ? '▲' : '▼';
  return (
    <td data-change class={sign === '▲' ? 'warn' : ''}>
      <span aria-hidden="true">{sign}</span>
      <Num of={Math.abs(change ?? 1) < SAME ? NO_GROWTH : growth(change)} title={title} />
    </td>
  );
}
