import { render } from 'preact';
import { offer } from './commands.ts';
import { keepAddress, startPolling, step, walked } from './path-state.ts';
import { WalkPage } from './views/walk-page.tsx';
import { stepAfter } from './walk.ts';

/** One real request, walked step by step. */
export function startPath(root: Element): void {
  document.title = 'Path · Hopscope';
  keepAddress();
  offerCommands();
  startPolling();
  render(<WalkPage />, root);
}

function offerCommands(): void {
  const go = (title: string, keys: string, by: number) => ({
    ...{ title, keys },
    run: () => {
      if (walked.value !== null) step.value = stepAfter(step.value, by);
    },
  });
  offer([
    go('Next step', 'ArrowRight', 1),
    go('Step before', 'ArrowLeft', -1),
    go('First step', 'Home', Number.NEGATIVE_INFINITY),
    go('Last step', 'End', Number.POSITIVE_INFINITY),
    {
      title: 'Leave the walk: the whole way',
      keys: 'Escape',
      run: () => {
        step.value = null;
      },
    },
  ]);
}
