import type { SloResult, SloView } from '../../server/wire/slo-views.ts';
import { formatCount } from '../format.ts';
import { chosenEpisode, episodes, slo } from '../sla-state.ts';
import { activeAlerts, burnWords, percentOf, stateWords } from '../sla-words.ts';
import { EpisodeList } from './episode-list.tsx';
import { EpisodePanel } from './episode-panel.tsx';
import { SiteHeader } from './site-header.tsx';
import './sla-page.css';

/** Objectives with their budget and burn, what broke them, and one breach in full. */
export function SlaPage() {
  const { value, error } = slo.value;
  return (
    <>
      <SiteHeader at="/sla" />
      <main class="page sla">
        {error !== null && (
          <p class="bad" role="alert">
            Could not load the objectives: {error}
          </p>
        )}
        {chosenEpisode.value !== '' && <EpisodePanel />}
        {value !== null && <Objectives view={value} />}
        {episodes.value.value !== null && <EpisodeList episodes={episodes.value.value} />}
      </main>
    </>
  );
}

function Objectives({ view }: { view: SloView }) {
  const { results, unjudged, faults } = view;
  return (
    <section class="panel" aria-labelledby="objectives-title">
      <h2 id="objectives-title">
        Objectives <small>what is promised, over its own window</small>
      </h2>
      {faults.map((fault) => (
        <p key={fault} class="bad" role="alert">
          Not in force: {fault}
        </p>
      ))}
      {results.length > 0 && <ObjectiveTable results={results} />}
      {unjudged.map(({ slo: name, why }) => (
        <p key={name} class="fine">
          {name} is not judged: {why}
        </p>
      ))}
      {results.length + unjudged.length === 0 && <NoObjectives />}
    </section>
  );
}

function NoObjectives() {
  return (
    <p class="fine">
      Nothing is promised yet. Write down what is, and start the server with it:{' '}
      <code>hopscope server --objectives examples/objectives.yaml</code>
    </p>
  );
}

function ObjectiveTable({ results }: { results: readonly SloResult[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Objective</th>
          <th scope="col" class="text">
            State
          </th>
          <th scope="col">Good</th>
          <th scope="col">Bad</th>
          <th scope="col">Achieved</th>
          <th scope="col">Budget left</th>
          <th scope="col">Burn, 1st rule</th>
          <th scope="col">Measured</th>
          <th scope="col" class="text">
            Alerts
          </th>
        </tr>
      </thead>
      <tbody>
        {results.map((result) => (
          <ObjectiveRow key={result.objective} result={result} />
        ))}
      </tbody>
    </table>
  );
}

function ObjectiveRow({ result }: { result: SloResult }) {
  const { objective, promise, counts, achieved, budgetLeft, coverage, alerts } = result;
  const { text, tone } = stateWords(result);
  const active = activeAlerts(result);
  return (
    <tr data-objective={objective}>
      <th scope="row">
        {objective}
        <span class="below">{promise}</span>
      </th>
      <td class={`text ${tone}`}>{text}</td>
      <td>{formatCount(counts.good)}</td>
      <td>{formatCount(counts.bad)}</td>
      <td>{percentOf(achieved)}</td>
      <td>
        {percentOf(budgetLeft)} <BudgetBar left={budgetLeft} />
      </td>
      <td>{alerts[0] ? burnWords(alerts[0].long) : '–'}</td>
      <td>
        {formatCount(coverage.measured)} of {formatCount(coverage.minutes)} min
      </td>
      <td class={`text ${active.length > 0 ? 'bad' : 'muted'}`}>
        {active.length === 0 ? 'none' : active.map(alertWords).join(', ')}
      </td>
    </tr>
  );
}

function alertWords({ severity, rule, state, held }: SloResult['alerts'][number]): string {
  return `${severity} ${rule} ${state}${held ? ' (held: minutes are missing)' : ''}`;
}

/** What is left of the budget; more than all of it may be gone. */
function BudgetBar({ left }: { left: number | null }) {
  if (left === null) return null;
  const width = Math.max(0, Math.min(1, left));
  return (
    <span class="budget" aria-hidden="true">
      <span class={left > 0 ? 'budget-left' : 'budget-gone'} style={{ width: `${left > 0 ? 100 * width : 100}%` }} />
    </span>
  );
}
