import { formatCount } from '../format.ts';
import { lost } from '../state.ts';
import './doubt.css';

const WHERE = {
  recent: 'in the last 10 s',
  window: 'in the seconds shown, since this page is open',
  run: 'since the queues were started',
};

interface DoubtProps {
  within: keyof typeof WHERE;
  /** Where there is no room for the count. */
  brief?: boolean;
}

/** Beside numbers that rest on records of which some were lost: how many. Nothing where none were. */
export function Doubt({ within, brief = false }: DoubtProps) {
  const n = lost.value[within];
  if (n === 0) return null;
  const records = n === 1 ? 'record was' : 'records were';
  const title = `${formatCount(n)} ${records} lost ${WHERE[within]}: these numbers are of the rest. Which queue lost them stands under “Dropped”.`;
  return (
    <a class="doubt" href="#health" title={title} data-doubt={within}>
      <span aria-hidden="true">▲</span>
      <span class={brief ? 'unseen' : ''}> {formatCount(n)} lost</span>
    </a>
  );
}
