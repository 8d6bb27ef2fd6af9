import type { PathView } from '../../server/wire/views.ts';
import { duration, formatTime } from '../format.ts';
import { PATH_ORDERS, pathOrder, paths } from '../state.ts';
import { Doubt } from './doubt.tsx';
import { Num } from './num.tsx';
import { Scroll } from './scroll.tsx';
import { Segments } from './segments.tsx';
import { Swatch } from './swatch.tsx';
import './request-list.css';

/** Single requests: the slowest of the run, or the newest. */
export function RequestList() {
  const { value, error } = paths.value;
  return (
    <section class="panel" id="requests" aria-labelledby="requests-title">
      <h2 id="requests-title">
        Requests <small>{pathOrder.value === 'slowest' ? 'slowest of the run' : 'newest first'}</small>
        <Doubt within="run" />
        <Segments legend="Order of requests" name="order" choices={PATH_ORDERS} chosen={pathOrder} />
      </h2>
      {error !== null && (
        <p class="bad">
          <span aria-hidden="true">✕</span> Could not load requests: {error}
        </p>
      )}
      <Scroll label="Table of requests">
        <table class="requests">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="text">
                Request
              </th>
              <th scope="col" class="text">
                Status
              </th>
              <th scope="col">Total</th>
              <th scope="col">Biggest layer</th>
            </tr>
          </thead>
          <tbody>
            {value?.map((path) => (
              <RequestRow key={path.id} path={path} />
            ))}
          </tbody>
        </table>
        {value?.length === 0 && <p class="fine">No request has been joined yet.</p>}
      </Scroll>
    </section>
  );
}

function RequestRow({ path }: { path: PathView }) {
  const biggest = biggestLayer(path);
  const origin = `${path.client.address}:${path.client.port} → ${path.server.address}:${path.server.port}`;
  return (
    <tr title={path.complete ? origin : `${origin}; missing: ${path.missing.join(', ')}`}>
      <td class="text">{formatTime(path.atMs, true)}</td>
      <td class="text clipped">
        {path.method} {path.path}
        {!path.complete && <span class="warn"> ▲ incomplete</span>}
      </td>
      <td class="text">
        <Status status={path.status} />
      </td>
      <td>
        <Num of={duration(path.endToEndNs)} />
      </td>
      <td class="biggest">
        {biggest !== null && (
          <>
            <span>
              <Swatch layer={biggest.layer} />
              {biggest.layer}
            </span>{' '}
            <Num of={duration(biggest.ns)} />
          </>
        )}
      </td>
    </tr>
  );
}

/** The layer of the sum that took longest; the client is estimated beside it. */
function biggestLayer(path: PathView) {
  const inSum = path.layers.filter((l) => l.layer !== 'client' && l.ns !== null);
  return inSum.reduce<(typeof inSum)[number] | null>((a, b) => (a === null || b.ns! > a.ns! ? b : a), null);
}

function Status({ status }: { status: number }) {
  if (status === 0) return <span title="the payload was not read">–</span>;
  if (status < 400) return <>{status}</>;
  return (
    <span class={status < 500 ? 'warn' : 'bad'}>
      <span aria-hidden="true">{status < 500 ? '▲' : '✕'}</span> {status}
    </span>
  );
}
