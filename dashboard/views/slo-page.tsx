import type { SloView } from '../../server/wire/slo-views.ts';
import { asked, episode, heardMs, triedMs, view } from '../slo-state.ts';
import { byUrgency } from '../slo-words.ts';
import { Asking, Failed, Stale } from './answer-states.tsx';
import { EpisodeList } from './episode-list.tsx';
import { EpisodePage } from './episode-page.tsx';
import { ObjectiveCard } from './objective-card.tsx';
import { SiteHeader } from './site-header.tsx';
import './slo-page.css';

/** What is promised and whether it is kept, or one breach of it. */
export function SloPage({ pollNow }: { pollNow: () => void }) {
  const shown = asked.episode === '' ? view.value : episode.value;
  return (
    <>
      <SiteHeader at="/slo" />
      <Stale error={shown.value === null ? null : shown.error} heardMs={heardMs.value} nowMs={triedMs.value} />
      <main class="page slo">
        {asked.episode === '' ? <Overview pollNow={pollNow} /> : <OneEpisode pollNow={pollNow} />}
      </main>
    </>
  );
}

function Overview({ pollNow }: { pollNow: () => void }) {
  const { value, error } = view.value;
  if (value === null && error !== null) return <Failed what="the objectives" message={error} retry={pollNow} />;
  if (value === null) return <Asking what="the objectives" />;
  return (
    <>
      <Wrong view={value} />
      {value.results.length === 0 ? <NoObjectives file={value.file} /> : <Promises view={value} />}
    </>
  );
}

function OneEpisode({ pollNow }: { pollNow: () => void }) {
  const { value, error } = episode.value;
  if (value === null && error !== null) {
    return (
      <>
        <Failed what="this breach" message={error} retry={pollNow} />
        <p class="empty">
          <a href="/slo">All objectives and breaches</a>
        </p>
      </>
    );
  }
  return value === null ? (
    <Asking what="this breach: its requests are read and judged" />
  ) : (
    <EpisodePage view={value} />
  );
}

function Promises({ view: { results } }: { view: SloView }) {
  const chosen = results.filter(({ objective }) => asked.objective === '' || objective === asked.objective);
  return (
    <>
      {asked.objective !== '' && (
        <p>
          <a href="/slo">← All objectives</a>
        </p>
      )}
      {chosen.length === 0 && <p class="warn">▲ There is no objective {asked.objective} now.</p>}
      <div class="objectives">
        {byUrgency(chosen).map((result) => (
          <ObjectiveCard key={result.objective} result={result} />
        ))}
      </div>
      <EpisodeList objective={asked.objective} />
    </>
  );
}

/** Of the file of objectives: what is not in force, and what cannot be judged. */
function Wrong({ view: { file, faults, unjudged } }: { view: SloView }) {
  return (
    <>
      {faults.length > 0 && (
        <section class="panel" role="alert">
          <p class="bad">
            <span aria-hidden="true">✕</span> The objectives file as it is now is wrong; those before stay in force.
          </p>
          <ul class="plain">
            {faults.map((fault) => (
              <li key={fault}>
                <code>{fault}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
      {unjudged.length > 0 && (
        <section class="panel" aria-labelledby="unjudged-title">
          <h2 id="unjudged-title">
            Not judged <small>{file}</small>
          </h2>
          <ul class="plain">
            {unjudged.map(({ slo, why }) => (
              <li key={slo}>
                <b>{slo}</b>: {why}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function NoObjectives({ file }: { file: string | null }) {
  return (
    <section class="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">No objectives</h2>
      {file === null ? (
        <p>
          Nobody has said what is promised. Write it down as OpenSLO documents and give them to the server:{' '}
          <code>hopscope server --objectives examples/objectives.yaml</code>
        </p>
      ) : (
        <p>
          {file} has none that can be judged. What is wrong with a file, this says:{' '}
          <code>hopscope slo validate {file}</code>
        </p>
      )}
    </section>
  );
}
