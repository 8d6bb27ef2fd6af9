import type { PathView } from '../../server/wire/views.ts';
import type { Polled } from '../ask.ts';
import { download } from '../download.ts';
import { formatShift, formatTime } from '../format.ts';
import { requestName } from '../labels.ts';
import { exchangesCsv } from '../request-export.ts';
import { Duration } from './num.tsx';
import { Scroll } from './scroll.tsx';
import { Status } from './status.tsx';

interface NeighboursProps {
  of: PathView;
  answer: Polled<PathView[]>;
  choose: (id: string) => void;
}

/** What went over the same connection just before and after. */
export function Neighbours({ of, answer: { value, error }, choose }: NeighboursProps) {
  return (
    <section aria-labelledby="neighbours-title">
      <h3 id="neighbours-title">
        On the same connection{' '}
        <small>
          {of.client.address}:{of.client.port}
        </small>
        {value !== null && value.length > 1 && (
          <button
            type="button"
            class="control button"
            onClick={() => download(`${of.id}.connection.csv`, new Blob([exchangesCsv(value)], { type: 'text/csv' }))}
          >
            Connection CSV
          </button>
        )}
      </h3>
      {error !== null && <p class="bad">✕ Could not load them: {error}</p>}
      {value === null && error === null && <p class="fine">Asking the server …</p>}
      {value?.length === 1 && <p class="fine">Nothing else that is kept went over it.</p>}
      {value !== null && value.length > 1 && (
        <Scroll label="Requests on the same connection">
          <table class="neighbours">
            <thead>
              <tr>
                <th scope="col">Begins</th>
                <th scope="col" class="text">
                  Request
                </th>
                <th scope="col" class="text">
                  Status
                </th>
                <th scope="col">Total</th>
              </tr>
            </thead>
            <tbody>
              {value.map((path) => (
                <tr
                  key={path.id}
                  class={path.id === of.id ? 'opened' : ''}
                  aria-current={path.id === of.id || undefined}
                >
                  <td title={formatTime(path.atMs, true)}>
                    {path.id === of.id ? <span class="quiet">this one</span> : formatShift((path.atMs - of.atMs) * 1e6)}
                  </td>
                  <td class="text clipped">
                    {path.id === of.id ? (
                      requestName(path)
                    ) : (
                      <button type="button" class="expander" onClick={() => choose(path.id)}>
                        {requestName(path)}
                      </button>
                    )}
                  </td>
                  <td class="text">
                    <Status status={path.status} />
                  </td>
                  <td>
                    <Duration ns={path.endToEndNs} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}
