import type { Comparison, RunLine } from '../../server/wire/compare-views.ts';
import { compareAddress } from '../compare-state.ts';
import { formatCount } from '../format.ts';
import { RunKey } from './run-key.tsx';
import './compared-runs.css';

/** Which runs these are, and the way to others. */
export function ComparedRuns({ comparison: { a, b, refusals } }: { comparison: Comparison }) {
  return (
    <div class="compared">
      <Line of="a" line={a} />
      <Line of="b" line={b} />
      <p class="ways">
        {refusals.length === 0 && <a href={compareAddress(b.id, a.id)}>Swap A and B</a>}
        <a href={`/runs?${new URLSearchParams({ a: a.id, b: b.id })}`}>Choose other runs</a>
      </p>
    </div>
  );
}

/** Its name says what was varied; the run's own stands beside it where that is another. */
function Line({ of, line: { name, run, requests, id } }: { of: 'a' | 'b'; line: RunLine }) {
  return (
    <p data-run={of} title={`run ${id}`}>
      <RunKey of={of} /> <b>{name}</b>{' '}
      <span class="quiet">
        {name.startsWith(run) ? '' : `run ${run}, `}
        {formatCount(requests)} requests
      </span>
    </p>
  );
}
