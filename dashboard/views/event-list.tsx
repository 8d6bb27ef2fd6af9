import { episodeAddress } from '../breaches.ts';
import { counted, formatAge, formatTime } from '../format.ts';
import { MARK_WORDS, type Mark } from '../marks.ts';
import { marks } from '../state.ts';
import { Scroll } from './scroll.tsx';
import './event-list.css';

/** What is marked in the charts, in words: names that did not fit there are whole here. */
export function EventList() {
  const all = marks.value;
  if (all.length === 0) return <p class="fine">Nothing is marked in that time.</p>;
  return (
    <details class="events" id="events">
      <summary class="fine">
        {counted(all.length, 'mark')} in that time: {kindsOf(all)}
      </summary>
      <Scroll label="Table of marks">
        <table>
          <thead>
            <tr>
              {['Time', 'Lasted', 'Kind', 'What'].map((name) => (
                <th key={name} scope="col" class="text">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {all.map((mark) => (
              <MarkRow key={`${mark.kind} ${mark.fromMs} ${mark.text}`} mark={mark} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}

/** How many of each, as far as there are any. */
function kindsOf(all: readonly Mark[]): string {
  const counts = Map.groupBy(all, ({ kind }) => kind);
  return [...counts].map(([kind, { length }]) => `${length} ${MARK_WORDS[kind]}`).join(', ');
}

function MarkRow({ mark: { kind, fromMs, toMs, text, episode } }: { mark: Mark }) {
  const lasted = toMs === null ? 'lasting' : toMs > fromMs ? formatAge(toMs - fromMs) : '–';
  return (
    <tr data-event={kind}>
      <td class="text">{formatTime(fromMs, true)}</td>
      <td class="text">{lasted}</td>
      <td class={kind === 'breach' ? 'text bad' : 'text'}>{MARK_WORDS[kind]}</td>
      <td class="text">{episode === null ? text : <a href={episodeAddress(episode)}>{text}: whose fault?</a>}</td>
    </tr>
  );
}
