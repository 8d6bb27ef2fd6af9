import { formatAge } from '../format.ts';
import { jumpToNow, lookAtAll } from '../moves.ts';
import { CURRENT, runs } from '../run-choice.ts';
import { live } from '../state.ts';
import { chosenRun } from '../view-range.ts';
import { Choice, runChoices } from './run-controls.tsx';

/** Which run the live page looks at: the one that lasts, or all of another. */
export function RunSelect() {
  const { value, error } = runs.value;
  const current = live.value?.run;
  const isEnded = current !== undefined && current.endedMs !== null;
  return (
    <>
      <Choice
        label="Run"
        value={chosenRun.value || CURRENT}
        choices={runChoices(chosenRun.value || CURRENT, `${isEnded ? 'ended' : 'now'}: ${current?.name ?? '…'}`)}
        choose={(id) => {
          const run = value?.find((each) => each.id === id);
          if (run === undefined) jumpToNow();
          else lookAtAll(run);
        }}
      />
      {current !== undefined && (
        <span
          class="run"
          title={`run ${current.id} began ${new Date(current.startedMs).toLocaleString()}${isEnded ? ' and ended' : ''}`}
        >
          {formatAge((current.endedMs ?? live.value!.nowMs) - current.startedMs)}
        </span>
      )}
      {error !== null && (
        <span role="status" class="warn" title={error}>
          ▲ runs not asked
        </span>
      )}
    </>
  );
}
