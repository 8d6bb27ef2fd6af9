import type { EpisodeView } from '../../server/wire/episode-views.ts';
import { episodeAddress, episodes } from '../breaches.ts';
import {
  compareWithBaseline,
  liveAddress,
  mainRun,
  reportAddress,
  reportName,
  requestsAddress,
} from '../episode-links.ts';
import { counted, formatAge, formatCount, formatDate, formatDuration, formatTime, join } from '../format.ts';
import { burnQuantity, many } from '../slo-words.ts';
import { permilleQuantity, sideSaid } from '../verdict-words.ts';
import { Attribution } from './attribution.tsx';
import { EpisodeTimeline } from './episode-timeline.tsx';
import { EvidenceTable } from './evidence-table.tsx';
import { Exemplars } from './exemplars.tsx';
import { Told } from './objective-card.tsx';
import './episode-page.css';

/** One breach: whose it is, on what grounds, and the requests that say so. */
export function EpisodePage({ view }: { view: EpisodeView }) {
  return (
    <>
      <Ways view={view} />
      <VerdictPanel view={view} />
      <div class="episode-columns">
        <Attribution view={view} />
        <Exemplars view={view} />
      </div>
      <div class="episode-columns">
        <EpisodeTimeline data={view.data} />
        <EvidenceTable view={view} />
      </div>
    </>
  );
}

/** Back to all of them, and to those before and after it. */
function Ways({ view: { episode } }: { view: EpisodeView }) {
  const all = episodes.value.value ?? [];
  const at = all.findIndex(({ id }) => id === episode.id);
  const [after, before] = at < 0 ? [] : [all[at - 1], all[at + 1]];
  return (
    <nav class="episode-ways" aria-label="Breaches">
      <a href="/slo">← All objectives and breaches</a>
      {before && <a href={episodeAddress(before.id)}>‹ the one before</a>}
      {after && <a href={episodeAddress(after.id)}>the one after ›</a>}
    </nav>
  );
}

function VerdictPanel({ view }: { view: EpisodeView }) {
  const { episode, verdict, data } = view;
  const taker =
    verdict.neighbour === null ? verdict.process && `the program ${verdict.process}` : `VM ${verdict.neighbour}`;
  return (
    <section class="panel verdict" aria-labelledby="verdict-title">
      <h2 id="verdict-title" class="side">
        <Told of={sideSaid(verdict)} />{' '}
        <small>
          {episode.objective}: {episode.promise}
        </small>
      </h2>
      <p class="sentence">{verdict.sentence}</p>
      {taker !== null && (
        <p class="warn">
          <span aria-hidden="true">▲</span> Noisy neighbour: {taker} took the CPU.
        </p>
      )}
      {episode.composite !== null && (
        <p id="composite">
          What burns of {episode.composite.slo}, by weight:{' '}
          {episode.composite.parts
            .map(({ objective, permille }) => `${objective} ${join(permilleQuantity(permille))}`)
            .join(', ')}
          .
        </p>
      )}
      {verdict.doubts.length > 0 && (
        <ul class="doubts" aria-label="What it cannot know">
          {verdict.doubts.map((doubt) => (
            <li key={doubt}>{doubt}</li>
          ))}
        </ul>
      )}
      <EpisodeFacts view={view} />
      <Actions view={view} />
      {data.notMeasured.length > 0 && (
        <p class="warn">
          <span aria-hidden="true">▲</span> {counted(data.notMeasured.length, 'minute')} of it not measured.
        </p>
      )}
    </section>
  );
}

function EpisodeFacts({ view: { episode, verdict } }: { view: EpisodeView }) {
  const { fromMs, toMs, isOpen, counts, burn, rules } = episode;
  const excess = verdict.excessNs === null ? 'not attributed' : `${formatDuration(verdict.excessNs)}`;
  const facts: [name: string, value: string, about: string][] = [
    ['Began', formatDate(fromMs), ''],
    isOpen
      ? ['Lasting', `✕ ${formatAge(toMs - fromMs)}`, 'an alert still fires']
      : ['Ended', formatDate(toMs), formatAge(toMs - fromMs)],
    ['Bad', formatCount(counts.bad), `of ${many(counts.total, 'request')}`],
    ['Burn', join(burnQuantity(burn)), 'the allowed speed'],
    ['Fired', rules.map(({ rule }) => rule).join(', '), rules.map(({ atMs }) => formatTime(atMs)).join(', ')],
    ['Excess', excess, 'mean of a bad one over a usual one'],
    ['Compared', formatCount(verdict.requests.bad), `bad with ${formatCount(verdict.requests.usual)} usual ones`],
  ];
  return (
    <dl class="episode-facts">
      {facts.map(([name, value, about]) => (
        <div key={name} data-fact={name.toLowerCase()}>
          <dt>{name}</dt>
          <dd>
            <b>{value}</b> <small>{about}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Actions({ view: { episode, data } }: { view: EpisodeView }) {
  const comparison = compareWithBaseline(data);
  const run = mainRun(data.bad) ?? mainRun(data.slowest);
  return (
    <p class="ways">
      <a
        id="report"
        class="control button first"
        href={reportAddress(episode.objective, episode)}
        download={reportName(episode.objective, episode.fromMs)}
        title="one HTML file that opens offline; hopscope slo verify FILE makes every number of it again"
      >
        Download the report
      </a>
      {run !== null && (
        <>
          <a class="control button" href={liveAddress(run, episode)}>
            This time on the live page
          </a>
          <a class="control button" href={requestsAddress(run, episode)}>
            Its requests
          </a>
        </>
      )}
      {comparison === null ? (
        <small>No requests of both times are kept: there is nothing to compare.</small>
      ) : (
        <a class="control button" href={comparison}>
          Compare with baseline
        </a>
      )}
    </p>
  );
}
