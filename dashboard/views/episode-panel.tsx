import type { EpisodeRow, EpisodeVerdict, EpisodeView } from '../../server/wire/episode-views.ts';
import { formatDuration, formatShift, formatTime, MISSING } from '../format.ts';
import { episode, showEpisode } from '../sla-state.ts';
import { partName, permilleWords, reportAddress, requestAddress } from '../sla-words.ts';
import { EpisodeLanes } from './episode-lanes.tsx';

const SHOWN = 5;

/** One breach: the verdict, where the excess lies, the evidence, and requests to look at. */
export function EpisodePanel() {
  const { value, error } = episode.value;
  return (
    <section class="panel" id="episode" aria-labelledby="episode-title">
      <h2 id="episode-title">
        Episode {value !== null && <small>{value.episode.objective}</small>}
        <span class="episode-actions">
          {value !== null && <ReportLink view={value} />}
          <button type="button" class="control button" onClick={() => showEpisode('')}>
            Close
          </button>
        </span>
      </h2>
      {error !== null && (
        <p class="bad" role="alert">
          Could not load the episode: {error}
        </p>
      )}
      {value === null && error === null && <p class="fine">Asking the server …</p>}
      {value !== null && <Told view={value} />}
    </section>
  );
}

function ReportLink({ view: { episode: one } }: { view: EpisodeView }) {
  const name = `hopscope-${one.objective}-${new Date(one.fromMs).toISOString().slice(0, 16).replaceAll(':', '')}.html`;
  return (
    <a class="control button first" href={reportAddress(one.objective, one.fromMs, one.toMs)} download={name}>
      Report
    </a>
  );
}

function Told({ view: { verdict, data } }: { view: EpisodeView }) {
  return (
    <>
      <p class={`verdict ${verdict.side}`} data-side={verdict.side} data-part={verdict.part ?? ''}>
        {verdict.sentence}
      </p>
      {verdict.doubts.map((doubt) => (
        <p key={doubt} class="fine">
          It cannot know: {doubt}.
        </p>
      ))}
      <EpisodeLanes data={data} />
      {verdict.parts.length > 0 && <Attribution verdict={verdict} />}
      <Evidence verdict={verdict} />
      <Exemplars title="Slow requests" rows={data.slowest} />
      <Exemplars title="Usual requests, from before" rows={data.usual.slice(0, SHOWN)} />
    </>
  );
}

function Attribution({ verdict: { parts, requests } }: { verdict: EpisodeVerdict }) {
  return (
    <table class="attribution">
      <caption class="fine">
        Mean of {requests.bad} bad requests less mean of {requests.usual} usual ones, 95 % intervals
      </caption>
      <thead>
        <tr>
          <th scope="col">Where</th>
          <th scope="col" class="text">
            Side
          </th>
          <th scope="col">Took longer</th>
          <th scope="col">Interval</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {parts.map(({ part, side, excessNs, lowNs, highNs, permille }) => (
          <tr key={part} data-part={part}>
            <th scope="row">{partName(part)}</th>
            <td class="text">{side ?? 'nobody alone'}</td>
            <td>{formatShift(excessNs)}</td>
            <td>
              {formatShift(lowNs)} to {formatShift(highNs)}
            </td>
            <td>{permilleWords(permille)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Evidence({ verdict: { evidence, neighbour } }: { verdict: EpisodeVerdict }) {
  const text = (value: number | null, unit: string) => {
    if (value === null) return MISSING;
    return unit.endsWith('ns') ? formatDuration(value) : `${Number(value.toPrecision(3))} ${unit}`;
  };
  return (
    <table class="evidence">
      <caption class="fine">{neighbour === null ? 'Beside it' : `VM ${neighbour} took the CPU`}</caption>
      <thead>
        <tr>
          <th scope="col">Evidence</th>
          <th scope="col">During</th>
          <th scope="col">Before</th>
        </tr>
      </thead>
      <tbody>
        {evidence.map(({ what, during, before, unit }) => (
          <tr key={what}>
            <th scope="row">{what}</th>
            <td>{text(during, unit)}</td>
            <td>{text(before, unit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Exemplars({ title, rows }: { title: string; rows: readonly EpisodeRow[] }) {
  if (rows.length === 0) return null;
  return (
    <table class="exemplars">
      <caption class="fine">{title}</caption>
      <thead>
        <tr>
          <th scope="col">At</th>
          <th scope="col" class="text">
            Request
          </th>
          <th scope="col" class="text">
            VM
          </th>
          <th scope="col">Status</th>
          <th scope="col">End to end</th>
          <th scope="col" class="text">
            Layers
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ id, atMs, request, vm, status, endToEndNs }) => (
          <tr key={id}>
            <th scope="row">{formatTime(atMs, true)}</th>
            <td class="text">{request}</td>
            <td class="text">{vm}</td>
            <td>{status}</td>
            <td>{formatDuration(endToEndNs)}</td>
            <td class="text">
              <a href={requestAddress(id)}>waterfall</a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
