import { duration, formatCount, join } from '../format.ts';
import { CLASS_WORDS } from '../labels.ts';
import { inRun } from '../state.ts';

/** How many exchanges of each class the run has; only requests enter percentiles. */
export function ClassCounts() {
  const classes = inRun.value?.classes ?? [];
  return (
    <p class="fine" id="classes">
      Run:{' '}
      {classes.map(({ class: name, count, endToEnd }, i) => (
        <span key={name} title={`${CLASS_WORDS[name].title}; end to end p50 ${join(duration(endToEnd.p50))}`}>
          {i > 0 && ', '}
          <span data-class-count={name}>{formatCount(count)}</span> {CLASS_WORDS[name].many}
        </span>
      ))}
      . Percentiles: requests only.
    </p>
  );
}
