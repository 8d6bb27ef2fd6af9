import { formatCount } from '../format.ts';
import { lost } from '../state.ts';
import './doubt.css';

const WHERE = {
  recent: 'in the last 10 s',
  window: 'in the seconds shown, since this page is open',
  run: 'since the queues were started',
};

/** Beside numbers that rest on records of which some were lost: how many. Nothing where none were. */
export function Doubt({ within }: { within: keyof typeof WHERE }) {
  const n = lost.value[within];
  if (n === 0) return null;
  const records = n === 1 ? 'record was' : 'records were';
  const title = `${formatCount(n)} ${records} lost ${WHERE[within]}: these numbers are of the rest. Which queue lost them stands under “Dropped”.`;
  return (
    <a class="doubt" href="#health" title={title} data-doubt={within}>
      <span aria-hidden="true">▲</span> {formatCount(n)} lost
    </a>
  );
}
