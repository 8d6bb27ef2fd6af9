import type { CompareView } from '../../server/wire/compare-views.ts';
import { asked, compare, compareAddress, progress } from '../compare-state.ts';
import { CompareActions } from './compare-actions.tsx';
import { CompareCharts } from './compare-charts.tsx';
import { ComparedRuns } from './compared-runs.tsx';
import { Differences } from './differences.tsx';
import { ShiftTable } from './shift-table.tsx';
import { SiteHeader } from './site-header.tsx';
import './compare-page.css';
import './empty-state.css';

/** Two runs: what can be said of them, on what grounds, and where the difference is. */
export function ComparePage() {
  const now = progress.value;
  return (
    <>
      <SiteHeader at="/compare">{now.state === 'answered' && <CompareActions view={now.view} />}</SiteHeader>
      <main class="compare">
        {now.state === 'nothing asked' && <NothingAsked />}
        {now.state === 'asking' && <Asking />}
        {now.state === 'failed' && <Failed message={now.message} />}
        {now.state === 'answered' && <Compared view={now.view} />}
      </main>
    </>
  );
}

function NothingAsked() {
  return (
    <section class="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">Which two runs?</h2>
      <p>
        A comparison says how much slower or faster one run is than another, in which layer, and how sure that is.{' '}
        <a href="/runs">Choose two runs</a>.
      </p>
    </section>
  );
}

function Asking() {
  return (
    <section class="empty" role="status">
      <h2>Comparing …</h2>
      <p>
        The server reads every request of both runs and draws them again a thousand times. That takes a moment, or some
        seconds where there are millions.
      </p>
      <progress aria-label="Comparing" />
    </section>
  );
}

function Failed({ message }: { message: string }) {
  return (
    <section class="empty" role="alert">
      <h2 class="bad">
        <span aria-hidden="true">✕</span> There is no comparison
      </h2>
      <p class="reason">{message}</p>
      <p class="ways">
        <button type="button" class="control button first" onClick={() => void compare()}>
          Try again
        </button>
        <a class="control button" href="/runs">
          Choose other runs
        </a>
      </p>
    </section>
  );
}

function Compared({ view }: { view: CompareView }) {
  const { comparison } = view;
  const isRefused = comparison.refusals.length > 0;
  return (
    <>
      <section class="panel verdict" aria-labelledby="verdict-title">
        {isRefused ? (
          <Refused reasons={comparison.refusals} />
        ) : (
          <p class="sentence" id="verdict-title">
            {comparison.sentence}
          </p>
        )}
        <ComparedRuns comparison={comparison} />
      </section>
      <Differences comparison={comparison} />
      {!isRefused && <CompareCharts view={view} />}
      {comparison.shifts.length > 0 && <ShiftTable view={view} />}
    </>
  );
}

function Refused({ reasons }: { reasons: readonly string[] }) {
  return (
    <div class="refused">
      <p class="sentence warn" id="verdict-title">
        <span aria-hidden="true">▲</span> These runs are not compared
      </p>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p class="ways">
        <a class="control button" href={compareAddress(asked.a, asked.b, true)}>
          Compare anyway
        </a>
        <small>The numbers will come with these reasons beside them.</small>
      </p>
    </div>
  );
}
