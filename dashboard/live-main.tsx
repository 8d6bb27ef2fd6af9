import { render } from 'preact';
import { offer } from './commands.ts';
import { followLive } from './live-stream.ts';
import { startPolling } from './poll.ts';
import { QUANTILES } from './series.ts';
import { keepAddress, quantile, togglePause, WINDOWS_MIN, windowMinutes } from './state.ts';
import { Page } from './views/page.tsx';

/** The live page, on a socket of its own. */
export function startLive(root: Element): void {
  followLive();
  keepAddress();
  offerCommands();
  startPolling();
  render(<Page />, root);
}

function offerCommands(): void {
  offer([
    { title: 'Pause or resume', keys: 'p', run: togglePause },
    ...QUANTILES.map((name, i) => ({
      title: `Show ${name}`,
      keys: `q ${i + 1}`,
      run: () => {
        quantile.value = name;
      },
    })),
    ...WINDOWS_MIN.map((minutes, i) => ({
      title: `Look back ${minutes} min`,
      keys: `w ${i + 1}`,
      run: () => {
        windowMinutes.value = minutes;
      },
    })),
  ]);
}
