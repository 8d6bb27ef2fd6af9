import { retryPast } from '../ask-past.ts';
import { formatAge } from '../format.ts';
import { jumpToNow, look, lookAtAll, pan, requestsAddress, zoom } from '../moves.ts';
import { stored } from '../past.ts';
import { windowText } from '../range-words.ts';
import { isQuiet, isStored, live, paused, range, second } from '../state.ts';
import { stretchWithLength } from '../stretch-text.ts';
import { fixed, windowMinutes } from '../view-range.ts';
import { ExactRange } from './exact-range.tsx';
import './range-bar.css';

/** Which stretch of time the charts show, and the ways to another one. */
export function RangeBar() {
  return (
    <section class="panel range-bar" id="range" aria-label="Time in view">
      <p>
        <b id="range-text">{about()}</b> <span class="quiet">{hint()}</span>
      </p>
      <div class="choices">
        <Move title="Look at earlier: [" act={() => pan('earlier')} name="Earlier" sign="◀" />
        <Move title="Look at later: ]" act={() => pan('later')} name="Later" sign="▶" off={fixed.value === null} />
        <Move title="Zoom out: −" act={() => zoom('out')} name="Zoom out" sign="−" />
        <Move title="Zoom in: +" act={() => zoom('in')} name="Zoom in" sign="+" />
        <button
          type="button"
          class={`control button ${fixed.value === null ? '' : 'first'}`}
          title="Follow the present again: n"
          disabled={fixed.value === null && !paused.value}
          onClick={jumpToNow}
        >
          Back to now
        </button>
        <ExactRange range={range.value} choose={look} />
        <a class="control button" href={requestsAddress()} title="All that are kept, to filter and to choose from">
          Requests<span class="unseen"> {fixed.value === null ? 'of the run' : 'of that time'}</span>
        </a>
      </div>
      <State />
      {isQuiet.value && <Quiet />}
    </section>
  );
}

function about(): string {
  if (fixed.value === null) return `Last ${windowText(windowMinutes.value)}, following`;
  return stretchWithLength(fixed.value);
}

function hint(): string {
  if (fixed.value === null) return 'Drag over a chart to look nearer.';
  const agoS = second.value + 1 - fixed.value.toS;
  return agoS < 2 ? 'until now' : `ended ${formatAge(agoS * 1000)} ago`;
}

interface MoveProps {
  name: string;
  sign: string;
  title: string;
  act: () => void;
  off?: boolean;
}

function Move({ name, sign, title, act, off = false }: MoveProps) {
  return (
    <button type="button" class="control button" aria-label={name} title={title} disabled={off} onClick={act}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

/** Where the requests are that the charts do not show. */
function Quiet() {
  const { run } = live.value!;
  const ended = run.endedMs === null ? '' : ` The run ended ${formatAge(live.value!.nowMs - run.endedMs)} ago.`;
  return (
    <p role="status" id="quiet">
      No request came in the last {windowText(windowMinutes.value)}.{ended}{' '}
      <button type="button" class="control button first" onClick={() => lookAtAll(run)}>
        Look at all of the run
      </button>
    </p>
  );
}

/** Of the server's answer, where one is needed. */
function State() {
  if (!isStored.value) return null;
  const { value, error } = stored.value;
  if (error !== null) {
    return (
      <p role="alert" class="bad">
        <span aria-hidden="true">✕</span> Could not load that time{value === null ? '' : ' again'}: {error}{' '}
        <button type="button" class="control button" onClick={retryPast}>
          Try again
        </button>
      </p>
    );
  }
  return (
    <p role="status" class="fine" id="range-state">
      {value === null ? 'Asking the server for that time …' : storedText(value)}
    </p>
  );
}

function storedText({ points, stepS, rollUpS, relativeError }: NonNullable<typeof stored.value.value>): string {
  if (points.every(({ count }) => count === null)) return 'Nobody measured in that time.';
  if (points.every(({ count }) => !count)) return 'No request came in that time.';
  const of = rollUpS === 1 ? 'every second' : `every ${formatAge(rollUpS * 1000)}`;
  const within = `${(relativeError * 100).toFixed(1)}\u00a0%`;
  return `As the server kept it of ${of}: a point is ${formatAge(stepS * 1000)}, quantiles are within ${within}.`;
}
