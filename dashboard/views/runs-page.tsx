import { chosenA, chosenB, hasOlder, runs, showOlder, summaryError } from '../runs-state.ts';
import { RunTable } from './run-table.tsx';
import { SiteHeader } from './site-header.tsx';
import './runs-page.css';

/** The runs that the server keeps; a form whose answer is the page that compares two of them. */
export function RunsPage() {
  const { value, error } = runs.value;
  return (
    <>
      <SiteHeader at="/runs" />
      <main class="page">
        <form class="panel" action="/compare" aria-labelledby="runs-title">
          <h2 id="runs-title">
            Runs <small>what the server keeps, newest first</small>
            {value !== null && value.length > 1 && <CompareButton />}
          </h2>
          <Trouble what="the runs" error={error} />
          <Trouble what="what each run was made under" error={summaryError.value} />
          {value === null && error === null && <p class="fine">Asking the server …</p>}
          {value !== null && value.length > 0 && <RunTable runs={value} />}
          {hasOlder.value && (
            <button type="button" class="control button" onClick={showOlder}>
              Show older runs
            </button>
          )}
          {value !== null && value.length < 2 && <SecondRun />}
        </form>
      </main>
    </>
  );
}

function CompareButton() {
  const [a, b] = [chosenA.value, chosenB.value];
  const why = a === '' || b === '' ? 'Choose a run in each of the first two columns.' : 'Both columns name one run.';
  const ready = a !== '' && b !== '' && a !== b;
  return (
    <span class="compare-choice">
      {!ready && <small>{why}</small>}
      <button type="submit" class="control button first" disabled={!ready}>
        Compare A with B
      </button>
    </span>
  );
}

function Trouble({ what, error }: { what: string; error: string | null }) {
  if (error === null) return null;
  return (
    <p class="bad" role="alert">
      <span aria-hidden="true">✕</span> Could not load {what}: {error}
    </p>
  );
}

/** A run ends where the next begins: there is nothing to compare before that. */
function SecondRun() {
  const body = `'{"name": "after"}'`;
  return (
    <section class="second-run" aria-labelledby="second-title">
      <h3 id="second-title">Two runs can be compared; there is one</h3>
      <p>
        Change what you want to judge, such as the NIC model, an offload or the kernel, and begin the next run. It ends
        the one before. The token stands in the server’s log, or in its token file.
      </p>
      <code>
        curl -X POST {location.origin}/api/runs -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' -d{' '}
        {body}
      </code>
    </section>
  );
}
