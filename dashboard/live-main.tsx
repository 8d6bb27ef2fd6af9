import { render } from 'preact';
import { repeat } from './ask.ts';
import { followPast } from './ask-past.ts';
import { offer } from './commands.ts';
import { followLive } from './live-stream.ts';
import { MOVES } from './moves.ts';
import { startPolling } from './poll.ts';
import { windowText } from './range-words.ts';
import { pollRuns } from './run-choice.ts';
import { QUANTILES } from './series.ts';
import { keepAddress, quantile, togglePause } from './state.ts';
import { followHistory, WINDOWS_MIN, windowMinutes } from './view-range.ts';
import { Page } from './views/page.tsx';

/** Runs are few, and begin seldom. */
const RUNS_MS = 10_000;

/** The parts of the page, for who does not want to scroll. */
const SECTIONS = [
  ['path', 'the path'],
  ['latency', 'what happened over time'],
  ['layers', 'the layers'],
  ['requests', 'requests'],
  ['clock', 'the clock'],
] as const;

/** The live page, on a socket of its own. */
export function startLive(root: Element): void {
  followLive();
  keepAddress();
  offerCommands();
  startPolling();
  repeat(pollRuns, RUNS_MS)();
  followHistory();
  followPast();
  render(<Page />, root);
}

function offerCommands(): void {
  offer([
    { title: 'Pause or resume', keys: 'p', run: togglePause },
    ...MOVES,
    ...SECTIONS.map(([id, name], i) => ({
      title: `Scroll to ${name}`,
      keys: `s ${i + 1}`,
      run: () => document.getElementById(id)?.scrollIntoView(),
    })),
    ...QUANTILES.map((name, i) => ({
      title: `Show ${name}`,
      keys: `q ${i + 1}`,
      run: () => {
        quantile.value = name;
      },
    })),
    ...WINDOWS_MIN.map((minutes, i) => ({
      title: `Look back ${windowText(minutes)}`,
      keys: `w ${i + 1}`,
      run: () => {
        windowMinutes.value = minutes;
      },
    })),
  ]);
}
