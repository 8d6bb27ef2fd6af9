import { liveAddress, range } from '../requests-state.ts';
import { summary } from '../run-choice.ts';
import { stretchWithLength } from '../stretch-text.ts';
import { type Range, settled } from '../zoom.ts';
import { ExactRange } from './exact-range.tsx';
import './request-range.css';

const QUARTER_S = 900;

/** From when to when the list looks, and the ways to another time and to all of it. */
export function RequestRange() {
  const nowS = Math.ceil(Date.now() / 1000);
  return (
    <div class="request-range" id="request-range">
      {range.value !== null && (
        <p>
          <b>{stretchWithLength(range.value)}</b> <span class="quiet">only requests that began then</span>
        </p>
      )}
      <ExactRange
        key={`${range.value?.fromS} ${range.value?.toS}`}
        range={range.value ?? newest(nowS)}
        choose={(chosen) => {
          range.value = settled(chosen, nowS);
        }}
      />
      {range.value !== null && (
        <>
          <a class="control button" href={liveAddress()}>
            See that time live
          </a>
          <button type="button" class="control button first" title="n" onClick={allOfTheRun}>
            All of the run
          </button>
        </>
      )}
    </div>
  );
}

/** Whenever they began. */
export function allOfTheRun(): void {
  range.value = null;
}

/** The last quarter of an hour of the run. */
function newest(nowS: number): Range {
  const run = summary.value.value?.run;
  const toS = run?.endedMs == null ? nowS : Math.ceil(run.endedMs / 1000);
  const fromS = Math.max(toS - QUARTER_S, Math.floor((run?.startedMs ?? 0) / 1000));
  return settled({ fromS, toS }, nowS);
}
