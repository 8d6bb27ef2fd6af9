import { lookAtRun } from '../ask-past.ts';
import { jumpToNow } from '../moves.ts';
import { runFault } from '../past.ts';
import { chosenRun } from '../view-range.ts';
import { Asking, Failed } from './answer-states.tsx';

/** A run that the address names, before it is known when it was, or where there is none. */
export function RunPending() {
  if (runFault.value === null) return <Asking what={`run ${chosenRun.value}`} />;
  return (
    <>
      <Failed what={`run ${chosenRun.value}`} message={runFault.value} retry={() => void lookAtRun()} />
      <p class="empty">
        <button type="button" class="control button" onClick={jumpToNow}>
          Look at what happens now
        </button>
      </p>
    </>
  );
}
