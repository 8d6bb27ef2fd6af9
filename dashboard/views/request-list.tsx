import type { TargetedEvent } from 'preact';
import { CLASSES } from '../../server/wire/record.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import type { PathView } from '../../server/wire/views.ts';
import { duration, formatCount, formatTime } from '../format.ts';
import { CLASS_WORDS, requestName, unusualLabels } from '../labels.ts';
import { listHeld, live, openPath, PATH_ORDERS, pathClass, pathOrder, paths } from '../state.ts';
import { fixed } from '../view-range.ts';
import { Doubt } from './doubt.tsx';
import { Labels } from './labels.tsx';
import { BoundedNum, Num } from './num.tsx';
import { Scroll } from './scroll.tsx';
import { Segments } from './segments.tsx';
import { Status } from './status.tsx';
import { Swatch } from './swatch.tsx';
import './request-list.css';

/** Single exchanges: the slowest of the run, or the newest. */
export function RequestList() {
  const { value, error } = paths.value;
  return (
    <section class="panel" id="requests" aria-labelledby="requests-title">
      <h2 id="requests-title">
        Requests <small>{orderWords()}</small>
        <Doubt within="run" />
        <span class="choices">
          <ClassSelect />
          <Segments legend="Order of requests" name="order" choices={PATH_ORDERS} chosen={pathOrder} />
        </span>
      </h2>
      {error !== null && (
        <p class="bad">
          <span aria-hidden="true">✕</span> Could not load requests: {error}
        </p>
      )}
      <Scroll label="Table of requests">
        <table class="requests" onPointerEnter={hold} onPointerLeave={release} onFocusIn={hold} onFocusOut={release}>
          <Head />
          <tbody>
            {value?.map((path) => (
              <RequestRow key={path.id} path={path} />
            ))}
          </tbody>
        </table>
        {value?.length === 0 && (
          <p class="fine">
            {fixed.value === null
              ? 'No request of this kind has been joined yet.'
              : 'No request of this kind is kept of that time.'}
          </p>
        )}
      </Scroll>
    </section>
  );
}

/** A list that moves on under the pointer could not be chosen from. */
function hold(): void {
  listHeld.value = true;
}

function release(): void {
  listHeld.value = false;
}

function orderWords(): string {
  const of = fixed.value === null ? 'of the run' : 'of that time';
  const order = pathOrder.value === 'slowest' ? `slowest ${of}` : `newest${fixed.value === null ? '' : ` ${of}`} first`;
  return listHeld.value ? `${order}, held while you point at it` : order;
}

function ClassSelect() {
  const counts = live.value?.health.classes;
  const choose = (event: TargetedEvent<HTMLSelectElement>) => {
    pathClass.value = CLASSES.find((name) => name === event.currentTarget.value) ?? '';
  };
  return (
    <label>
      <span class="unseen">Class of the requests listed</span>
      <select class="control" value={pathClass.value} onChange={choose}>
        <option value="">all classes</option>
        {CLASSES.map((name) => (
          <option key={name} value={name} title={CLASS_WORDS[name].title}>
            {CLASS_WORDS[name].many} ({formatCount(counts?.[name])})
          </option>
        ))}
      </select>
    </label>
  );
}

function Head() {
  return (
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
  );
}

function RequestRow({ path }: { path: PathView }) {
  const open = openPath.value?.id === path.id;
  const origin = `${path.client.address}:${path.client.port} → ${path.server.address}:${path.server.port}`;
  return (
    <tr
      title={path.complete ? origin : `${origin}; missing: ${path.missing.join(', ')}`}
      class={open ? 'opened' : ''}
      data-class={path.class}
    >
      <td class="text">{formatTime(path.atMs, true)}</td>
      <td class="text clipped">
        <button
          type="button"
          class="expander"
          id={`open-${path.id}`}
          aria-expanded={open}
          aria-controls={open ? 'request' : undefined}
          onClick={() => {
            openPath.value = open ? null : path;
          }}
        >
          {requestName(path)}
        </button>
        <Labels of={unusualLabels(path)} />
        {!path.complete && <span class="warn"> ▲ incomplete</span>}
      </td>
      <td class="text">
        <Status status={path.status} />
      </td>
      <td>
        <Num of={duration(path.endToEndNs)} />
      </td>
      <Biggest path={path} />
    </tr>
  );
}

/** The layer of the sum that took longest; parts of layers and the client, estimated beside it, are not in it. */
function Biggest({ path }: { path: PathView }) {
  const inSum = LAYERS.flatMap(({ layer, clock }) => {
    const ns = path.layers.find((l) => l.layer === layer)?.ns ?? null;
    return ns === null ? [] : [{ layer, ns, boundNs: clock === 'crosses' ? path.boundNs : 0 }];
  });
  const biggest = inSum.reduce<(typeof inSum)[number] | null>((a, b) => (a === null || b.ns > a.ns ? b : a), null);
  if (biggest === null) return <td class="biggest">–</td>;
  return (
    <td class="biggest">
      <span>
        <Swatch layer={biggest.layer} />
        {biggest.layer}
      </span>{' '}
      <BoundedNum ns={biggest.ns} boundNs={biggest.boundNs} />
    </td>
  );
}
