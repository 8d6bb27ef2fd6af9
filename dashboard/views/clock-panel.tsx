import type { ComponentChildren } from 'preact';
import {
  CLOCK_EVENTS,
  type ClockEvent,
  type ClockEventKind,
  type ClockMethodView,
} from '../../server/wire/clock-views.ts';
import { formatAge, formatBound, formatCount, formatDuration, formatTime } from '../format.ts';
import { live } from '../state.ts';
import './clock-panel.css';

const EVENT_WORDS: Record<ClockEventKind, string> = {
  step: 'the two clocks jumped against each other',
  slew: 'the two clocks changed their rate',
  suspend: 'a machine slept',
  'realtime-step': 'a wall clock was set',
  migration: 'a guest went on behind another host',
  disagree: 'two methods contradict each other by more than both bounds',
};
const SHOWN_EVENTS = 8;

/** How guest times come onto the host's timeline, how sure that is, and what happened to it. */
export function ClockPanel() {
  return (
    <section class="panel" id="clock" aria-labelledby="clock-title">
      <h2 id="clock-title">
        Clock <small>host time = guest time + offset; the pair of machines heard from last</small>
      </h2>
      <div class="clock-body">
        <Now />
        <Events />
        <Methods />
      </div>
      <p class="note fine">
        Each machine stamps with its own clock, and both are kept: raw, a guest’s times are its own; corrected, they are
        raw + offset. Only vnic.in and vnic.out cross from one clock to the other, so only they carry the bound: the
        truth lies within ± of what is shown. Their sum, the host’s window less the guest’s, needs no offset at all.
      </p>
    </section>
  );
}

function Fact({ name, children, title }: { name: string; children: ComponentChildren; title?: string }) {
  return (
    <div title={title} data-clock={name}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Now() {
  const { health, nowMs } = live.value!;
  const { method, offsetNs, boundNs, ratePpm, checkedMs, windows } = health.clock;
  return (
    <dl class="facts">
      <Fact name="Method">
        {method === 'none' ? <span class="warn">▲ none {windows > 0 ? 'now' : 'yet'}</span> : method}
      </Fact>
      <Fact name="Offset" title={offsetNs === null ? '' : `${Math.round(offsetNs)} ns`}>
        {formatDuration(offsetNs)}
      </Fact>
      <Fact name="Bound" title="proven: the true offset lies within it">
        {boundNs === null ? '–' : formatBound(boundNs)}
      </Fact>
      <Fact name="Rate" title="how much faster the host’s clock runs than the guest’s, in parts per million">
        {ratePpm === null ? '–' : `${ratePpm.toFixed(2).replace('-', '−')}\u00a0ppm`}
      </Fact>
      <Fact name="Last check">{checkedMs === null ? '–' : `${formatAge(nowMs - checkedMs)} ago`}</Fact>
      <Fact name="Fits made">{formatCount(windows)}</Fact>
    </dl>
  );
}

function Events() {
  const { events, counts } = live.value!.health.clock;
  return (
    <div>
      <h3>Events since the server started</h3>
      <p class="counts">
        {CLOCK_EVENTS.map((kind) => (
          <span key={kind} class={counts[kind] > 0 ? 'warn' : 'quiet'} title={EVENT_WORDS[kind]} data-events={kind}>
            {kind} {formatCount(counts[kind])}
          </span>
        ))}
      </p>
      <ul class="events">
        {events
          .slice(-SHOWN_EVENTS)
          .reverse()
          .map((event) => (
            <li key={`${event.kind} ${event.atMs}`} title={EVENT_WORDS[event.kind]}>
              {formatTime(event.atMs)} <b>{event.kind}</b> {sizeOf(event)} {event.machine}
            </li>
          ))}
      </ul>
    </div>
  );
}

function sizeOf({ sizeNs, boundNs, ratePpm }: ClockEvent): string {
  const size = sizeNs === null ? '' : `${formatDuration(sizeNs)} ${formatBound(boundNs ?? 0)}`.trim();
  const rate = ratePpm === null ? '' : `${ratePpm.toFixed(1).replace('-', '−')}\u00a0ppm`;
  return [size, rate].filter((part) => part !== '').join(', ');
}

function Methods() {
  const { method, alternatives } = live.value!.health.clock;
  return (
    <div>
      <h3>Ladder of methods</h3>
      {alternatives.length === 0 && <p class="quiet">none at hand</p>}
      <ul class="events">
        {alternatives.map((rung) => (
          <li key={rung.method}>
            <b>{rung.method}</b> {rungWords(rung, rung.method === method)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function rungWords({ offsetNs, boundNs, agrees, reason }: ClockMethodView, inUse: boolean): ComponentChildren {
  if (offsetNs === null) return <span class="quiet">not there: {reason || 'no reason given'}</span>;
  const verdict = inUse ? ', in use' : agrees === null ? '' : agrees ? ', agrees' : ', disagrees';
  return (
    <span class={agrees === false ? 'bad' : ''}>
      {formatDuration(offsetNs)} {formatBound(boundNs)}
      {verdict}
      {reason !== '' && `: ${reason}`}
    </span>
  );
}
