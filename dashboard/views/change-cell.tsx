import { exactDuration, growth, MISSING } from '../format.ts';
import { beforeWords } from '../range-words.ts';
import { changeOf } from '../stored-series.ts';
import { Num } from './num.tsx';

/** Less is what seconds differ by anyway. */
const TELLING = 0.1;

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
      {change === null ? <span title={title}>{MISSING}</span> : <Num of={growth(change)} title={title} />}
    </td>
  );
}
