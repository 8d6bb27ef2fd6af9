import type { Axis, Comparison, Difference } from '../../server/wire/compare-views.ts';
import { RunKey } from './run-key.tsx';
import { Scroll } from './scroll.tsx';
import './differences.css';
import './labels.css';

/** A card of another model brings dozens of offloads along: the rest is there when it is asked for. */
const SHOWN = 6;

const AXIS_NAMES: Record<Axis, string> = {
  nic: 'NIC',
  offloads: 'offloads',
  kernel: 'kernel',
  cpus: 'CPUs and memory',
  accelerator: 'accelerator',
  service: 'service',
  host: 'host',
  load: 'load',
};

/** In what the runs differ, and what else is to be known before the numbers are believed. */
export function Differences({ comparison }: { comparison: Comparison }) {
  const { differences, axis, doubts } = comparison;
  return (
    <div class="grounds">
      <section class="panel" id="differences" aria-labelledby="differences-title">
        <h2 id="differences-title">
          What differs <small>{differences.length > 0 ? axisWords(axis) : ''}</small>
        </h2>
        {differences.length === 0 ? (
          <p class="quiet">Nothing that was recorded: the same machines, kernel, NIC, service and load.</p>
        ) : (
          <Table differences={differences.slice(0, SHOWN)} axis={axis} label="What differs" />
        )}
        {differences.length > SHOWN && (
          <details>
            <summary>and {differences.length - SHOWN} more</summary>
            <Table differences={differences.slice(SHOWN)} axis={axis} label="What differs, the rest" />
          </details>
        )}
      </section>
      {doubts.length > 0 && (
        <section class="panel" id="doubts" aria-labelledby="doubts-title">
          <h2 id="doubts-title">Worth knowing</h2>
          <ul>
            {doubts.map((doubt) => (
              <li key={doubt}>
                <span class="warn" aria-hidden="true">
                  ▲
                </span>{' '}
                {doubt}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function axisWords(axis: Axis | null): string {
  if (axis === null) return 'more than one thing: what follows may come from any of them';
  return `${AXIS_NAMES[axis]} was varied, and nothing beside it`;
}

function Table({ differences, axis, label }: { differences: readonly Difference[]; axis: Axis | null; label: string }) {
  return (
    <Scroll label={label}>
      <table class="differences">
        <thead>
          <tr>
            <th scope="col">Fact</th>
            <th scope="col" class="text">
              <RunKey of="a" />
            </th>
            <th scope="col" class="text">
              <RunKey of="b" />
            </th>
            <th scope="col" class="text">
              Part of
            </th>
          </tr>
        </thead>
        <tbody>
          {differences.map((difference) => (
            <tr key={`${difference.axis} ${difference.what}`}>
              <th scope="row">{difference.what}</th>
              <td class="text">{difference.a}</td>
              <td class="text">{difference.b}</td>
              <td class="text">
                {AXIS_NAMES[difference.axis]}
                {difference.axis === axis && <span class="label varied">varied</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
