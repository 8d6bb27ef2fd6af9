/** What happened beside the requests, and breaches of what was promised, as marks in a chart. Pure. */
import type { SloEpisode } from '../server/wire/episode-views.ts';
import type { EventKind, EventView } from '../server/wire/event-views.ts';
import type { Band } from './chart-bands.ts';

/** Something that is marked where it happened. */
export interface Mark extends Pick<EventView, 'fromMs' | 'toMs' | 'text'> {
  kind: EventKind | 'breach';
  /** Of a breach: its id, by which its page is found. */
  episode: string | null;
}

export const MARK_WORDS: Record<Mark['kind'], string> = {
  run: 'run',
  gap: 'gap',
  clock: 'clock',
  plant: 'plant',
  config: 'change',
  note: 'note',
  breach: 'breach',
};

/** All that touches a stretch of time, oldest first. */
export function marksIn(
  { fromS, toS }: { fromS: number; toS: number },
  events: readonly EventView[],
  episodes: readonly SloEpisode[],
): Mark[] {
  const all = [...events.map((event): Mark => ({ ...event, episode: null })), ...episodes.map(breachMark)];
  return all
    .filter(({ fromMs, toMs }) => fromMs < toS * 1000 && (toMs ?? Infinity) >= fromS * 1000)
    .sort((a, b) => a.fromMs - b.fromMs);
}

function breachMark({ id, objective, rules, fromMs, toMs, isOpen }: SloEpisode): Mark {
  const fired = rules.map(({ rule }) => rule).join(', ');
  return { kind: 'breach', fromMs, toMs: isOpen ? null : toMs, text: `${objective}, ${fired}`, episode: id };
}

/** What lasts is drawn as far as now. */
export function bandsOf(marks: readonly Mark[], nowS: number): Band[] {
  return marks.map(({ kind, fromMs, toMs, text }) => ({
    fromS: fromMs / 1000,
    toS: toMs === null ? nowS : toMs / 1000,
    label: `${MARK_WORDS[kind]}: ${text}`,
    tone: kind === 'gap' || kind === 'plant' || kind === 'breach' ? kind : 'mark',
  }));
}
