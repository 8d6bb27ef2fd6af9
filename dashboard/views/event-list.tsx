import type { EventView } from '../../server/wire/event-views.ts';
import { EVENT_WORDS } from '../event-bands.ts';
import { counted, formatAge, formatTime } from '../format.ts';
import { events } from '../state.ts';
import { Scroll } from './scroll.tsx';
import './event-list.css';

/** What is marked in the charts, in words: names that did not fit there are whole here. */
export function EventList() {
  const all = events.value;
  if (all.length === 0) return <p class="fine">Nothing is marked in that time.</p>;
  return (
    <details class="events" id="events">
      <summary class="fine">{counted(all.length, 'mark')} in that time: runs, gaps, clocks, plants, changes</summary>
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
            {all.map((event) => (
              <EventRow key={`${event.kind} ${event.fromMs} ${event.text}`} event={event} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}

function EventRow({ event: { kind, fromMs, toMs, text } }: { event: EventView }) {
  const lasted = toMs === null ? 'lasting' : toMs > fromMs ? formatAge(toMs - fromMs) : '–';
  return (
    <tr data-event={kind}>
      <td class="text">{formatTime(fromMs, true)}</td>
      <td class="text">{lasted}</td>
      <td class="text">{EVENT_WORDS[kind]}</td>
      <td class="text">{text}</td>
    </tr>
  );
}
