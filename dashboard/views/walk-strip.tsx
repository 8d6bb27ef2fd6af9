import { duration, join } from '../format.ts';
import { step, steps, walked } from '../path-state.ts';
import { layerOf } from '../walk.ts';
import { layerClass } from './swatch.tsx';
import './walk-strip.css';

/** A name is written where there is room for it. */
const NAMED_SHARE = 0.1;

/** The request's time as one line, each step as long as it took: how far the walk is in it. */
export function WalkStrip() {
  const whole = walked.value?.endToEndNs ?? null;
  if (whole === null || whole === 0) return null;
  const inside = steps.value.filter(({ share, ns }) => share !== null && ns !== null);
  return (
    <div class="walk-strip" aria-hidden="true">
      {inside.map(({ id, ns, share }) => (
        <button
          key={id}
          type="button"
          tabIndex={-1}
          class={`${layerClass(layerOf(id))} ${step.value === id ? 'here' : ''}`}
          style={{ flexGrow: share! }}
          title={`${id} ${join(duration(ns))}`}
          onClick={() => {
            step.value = id;
          }}
        >
          {share! >= NAMED_SHARE && (
            <span class="bar-label">
              {id} <b>{join(duration(ns))}</b>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
