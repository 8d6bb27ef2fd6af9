import type { SloEpisode } from '../../server/wire/episode-views.ts';
import { episodeAddress, episodes } from '../breaches.ts';
import { formatAge, formatCount, formatDate } from '../format.ts';
import { burnQuantity } from '../slo-words.ts';
import { Num } from './num.tsx';
import { Scroll } from './scroll.tsx';

const HEAD: [name: string, look: string][] = [
  ['Began', 'text'],
  ['Lasted', ''],
  ['Objective', 'text'],
  ['Service', 'text'],
  ['Fired', 'text'],
  ['Bad', ''],
  ['Requests', ''],
  ['Burn', ''],
];

/** Breaches, newest first. @param objective of this one only; empty for all */
export function EpisodeList({ objective }: { objective: string }) {
  const { value, error } = episodes.value;
  const all = (value ?? []).filter((one) => objective === '' || one.objective === objective);
  return (
    <section class="panel" id="episodes" aria-labelledby="episodes-title">
      <h2 id="episodes-title">
        Breaches <small>from the first minute that burnt too fast to the last, newest first</small>
      </h2>
      {error !== null && (
        <p class="bad" role="alert">
          <span aria-hidden="true">✕</span> Could not load the breaches: {error}
        </p>
      )}
      {value === null && error === null && <p class="fine">Asking the server …</p>}
      {value !== null && all.length === 0 && (
        <p class="ok">
          <span aria-hidden="true">✓</span> No alert has fired.
        </p>
      )}
      {all.length > 0 && (
        <Scroll label="Table of breaches">
          <table class="episodes">
            <thead>
              <tr>
                {HEAD.map(([name, look]) => (
                  <th key={name} scope="col" class={look}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {all.map((one) => (
                <EpisodeRow key={one.id} episode={one} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function EpisodeRow({ episode }: { episode: SloEpisode }) {
  const { id, objective, service, promise, fromMs, toMs, isOpen, rules, counts, burn } = episode;
  return (
    <tr data-episode={id}>
      <th scope="row">
        <a href={episodeAddress(id)}>{formatDate(fromMs)}</a>
      </th>
      <td>
        {isOpen && (
          <span class="bad">
            <span aria-hidden="true">✕</span> lasting,{' '}
          </span>
        )}
        {formatAge(toMs - fromMs)}
      </td>
      <td class="text" title={promise}>
        {objective}
      </td>
      <td class="text">{service}</td>
      <td class="text">{rules.map(({ rule }) => rule).join(', ')}</td>
      <td>{formatCount(counts.bad)}</td>
      <td>{formatCount(counts.total)}</td>
      <td>
        <Num of={burnQuantity(burn)} />
      </td>
    </tr>
  );
}
