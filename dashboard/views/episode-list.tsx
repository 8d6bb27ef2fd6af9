import type { SloEpisode } from '../../server/wire/episode-views.ts';
import { formatCount, formatDate, formatTime } from '../format.ts';
import { showEpisode } from '../sla-state.ts';
import { burnWords } from '../sla-words.ts';

/** Breaches, newest first. */
export function EpisodeList({ episodes }: { episodes: readonly SloEpisode[] }) {
  return (
    <section class="panel" aria-labelledby="episodes-title">
      <h2 id="episodes-title">
        Episodes <small>when an objective’s budget burnt too fast</small>
      </h2>
      {episodes.length === 0 ? <p class="fine">None in the last week.</p> : <EpisodeTable episodes={episodes} />}
    </section>
  );
}

function EpisodeTable({ episodes }: { episodes: readonly SloEpisode[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col" class="text">
            To
          </th>
          <th scope="col" class="text">
            Objective
          </th>
          <th scope="col">Bad</th>
          <th scope="col">Of</th>
          <th scope="col">Burn</th>
          <th scope="col" class="text">
            Fired
          </th>
          <th scope="col" class="text">
            Why
          </th>
        </tr>
      </thead>
      <tbody>
        {episodes.map((episode) => (
          <EpisodeRow key={episode.id} episode={episode} />
        ))}
      </tbody>
    </table>
  );
}

function EpisodeRow({
  episode: { id, fromMs, toMs, isOpen, objective, counts, burn, rules },
}: {
  episode: SloEpisode;
}) {
  return (
    <tr data-episode={id}>
      <th scope="row">{formatDate(fromMs)}</th>
      <td class={`text ${isOpen ? 'bad' : ''}`}>{isOpen ? 'goes on' : formatTime(toMs)}</td>
      <td class="text">{objective}</td>
      <td>{formatCount(counts.bad)}</td>
      <td>{formatCount(counts.total)}</td>
      <td>{burnWords({ burn })}</td>
      <td class="text">{rules.map(({ rule }) => rule).join(', ')}</td>
      <td class="text">
        <button type="button" class="control button" onClick={() => showEpisode(id)}>
          Whose is it?
        </button>
      </td>
    </tr>
  );
}
