import { type EpisodeRow, type EpisodeView, PARTS } from '../../server/wire/episode-views.ts';
import { exemplars, layersOf, namedPart, requestAddress } from '../episode-links.ts';
import { formatDate, formatTime } from '../format.ts';
import { partName } from '../verdict-words.ts';
import { Duration } from './num.tsx';
import { Scroll } from './scroll.tsx';
import { Status } from './status.tsx';

const EACH = 5;

/** Bad requests with usual ones beside them; each leads to itself in full. */
export function Exemplars({ view: { verdict, data } }: { view: EpisodeView }) {
  const { bad, usual } = exemplars(data, EACH);
  const part = namedPart(verdict.part);
  return (
    <section class="panel" id="exemplars" aria-labelledby="exemplars-title">
      <h2 id="exemplars-title">
        Examples <small>the slowest bad requests, and usual ones from before</small>
      </h2>
      {bad.length + usual.length === 0 ? (
        <p class="fine">No request of that time is kept one by one.</p>
      ) : (
        <Scroll label="Table of examples">
          <table class="exemplars">
            <thead>
              <tr>
                {['Request', 'End to end', ...(part === null ? [] : [partName(part)]), 'Status', 'VM', 'At'].map(
                  (name) => (
                    <th key={name} scope="col" class={['Request', 'VM', 'At'].includes(name) ? 'text' : ''}>
                      {name}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <Rows title="Bad, slowest first" rows={bad} part={part} />
            <Rows title="Usual, from the middle" rows={usual} part={part} />
          </table>
        </Scroll>
      )}
    </section>
  );
}

interface RowsProps {
  title: string;
  rows: readonly EpisodeRow[];
  part: (typeof PARTS)[number] | null;
}

function Rows({ title, rows, part }: RowsProps) {
  if (rows.length === 0) return null;
  const at = part === null ? -1 : PARTS.indexOf(part);
  const layer = part === null ? '' : layersOf(part)[0]!;
  return (
    <tbody aria-label={title}>
      <tr class="group">
        <th scope="rowgroup" colSpan={part === null ? 5 : 6}>
          <small>{title}</small>
        </th>
      </tr>
      {rows.map((row) => (
        <tr key={row.id} data-exemplar={row.id} data-good={row.good}>
          <th scope="row">
            <span class={row.good ? 'ok' : 'bad'} aria-hidden="true">
              {row.good ? '✓' : '✕'}
            </span>{' '}
            <a href={requestAddress(row.id, layer)}>{row.request || row.id}</a>
          </th>
          <td>
            <Duration ns={row.endToEndNs} />
          </td>
          {at >= 0 && (
            <td>
              <Duration ns={row.parts[at]} />
            </td>
          )}
          <td>
            <Status status={row.status} />
          </td>
          <td class="text">{row.vm}</td>
          <td class="text" title={formatDate(row.atMs)}>
            {formatTime(row.atMs, true)}
          </td>
        </tr>
      ))}
    </tbody>
  );
}
