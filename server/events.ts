/** Run starts, gaps, clock events, plants, changes of configuration and notes as one list, oldest first. */
import type { Pipeline } from './pipeline.ts';
import type { Run } from './run.ts';
import type { ClockEvent } from './wire/clock-views.ts';
import type { EventView } from './wire/event-views.ts';
import type { Gap, RunNote } from './wire/views.ts';

/** The newest are told. */
export const MOST_EVENTS = 200;

interface Stretch {
  fromMs?: number;
  toMs?: number;
}

/** What touches a stretch of wall-clock time, of the machines and of all runs in memory; of an older run also its own. */
export function eventsOf(run: Run, pipeline: Pipeline, { fromMs = 0, toMs = Infinity }: Stretch = {}): EventView[] {
  const { runs, registry, clockEvents } = pipeline;
  const kept = run.frozen ?? run.recorded;
  const all = [
    ...[...new Set([...runs.all(), run])].flatMap(ofRun),
    ...unique([...registry.gaps(fromMs, toMs), ...(kept?.gaps ?? [])].map(ofGap)),
    ...unique([...clockEvents.newest, ...(kept?.clock.events ?? [])].map(ofClock)),
  ];
  return all
    .filter((event) => event.fromMs < toMs && (event.toMs ?? Infinity) >= fromMs)
    .sort((a, b) => a.fromMs - b.fromMs)
    .slice(-MOST_EVENTS);
}

/** A run that is over keeps what the machines still know, too. */
function unique(events: EventView[]): EventView[] {
  return [...new Map(events.map((event) => [`${event.fromMs} ${event.text}`, event])).values()];
}

function ofRun(run: Run): EventView[] {
  const { id, name, stretches, notes } = run;
  const moment = (atMs: number, text: string): EventView => ({
    ...{ kind: 'run', fromMs: atMs, toMs: atMs },
    text,
    run: id,
  });
  const begun = stretches.map(({ fromMs }, i) => moment(fromMs, `${name} ${i === 0 ? 'begins' : 'goes on'}`));
  const ended = run.endedMs === null ? [] : [moment(run.endedMs, `${name} ends`)];
  return [...begun, ...ended, ...notes.map((note) => ofNote(note, id))];
}

function ofNote({ atMs, text, kind, toMs = atMs }: RunNote, run: string): EventView {
  return { kind: kind ?? 'note', fromMs: atMs, toMs, text, run };
}

function ofGap({ agent, fromMs, toMs }: Gap): EventView {
  return { kind: 'gap', fromMs, toMs, text: `${agent} away`, run: null };
}

function ofClock({ kind, atMs, machine }: ClockEvent): EventView {
  return { kind: 'clock', fromMs: atMs, toMs: atMs, text: `${machine} ${kind}`, run: null };
}
