/** What happened beside the requests, as marks in a chart. Pure. */
import type { EventKind, EventView } from '../server/wire/event-views.ts';
import type { Band } from './chart-bands.ts';

export const EVENT_WORDS: Record<EventKind, string> = {
  run: 'run',
  gap: 'gap',
  clock: 'clock',
  plant: 'plant',
  config: 'change',
  note: 'note',
};

/** What lasts is drawn as far as now. */
export function eventBands(events: readonly EventView[], nowS: number): Band[] {
  return events.map(({ kind, fromMs, toMs, text }) => ({
    fromS: fromMs / 1000,
    toS: toMs === null ? nowS : toMs / 1000,
    label: `${EVENT_WORDS[kind]}: ${text}`,
    tone: kind === 'gap' || kind === 'plant' ? kind : 'mark',
  }));
}
