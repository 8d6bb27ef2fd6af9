import type { TargetedKeyboardEvent } from 'preact';
import { LAYERS, type LayerId } from '../../server/wire/stations.ts';
import type { PathView } from '../../server/wire/views.ts';
import { formatDuration, formatTime } from '../format.ts';
import { requestName, unusualLabels } from '../labels.ts';
import { chosenId, listHeld } from '../requests-state.ts';
import { vms } from '../run-choice.ts';
import { Labels } from './labels.tsx';
import { Duration } from './num.tsx';
import { Scroll } from './scroll.tsx';
import { Status } from './status.tsx';
import { layerClass, Swatch } from './swatch.tsx';
import './exchange-table.css';

interface ExchangeTableProps {
  paths: readonly PathView[];
  choose: (id: string) => void;
}

/** Exchanges one below the other, their layers drawn to one scale; arrow keys go from one to the next. */
export function ExchangeTable({ paths, choose }: ExchangeTableProps) {
  const longestNs = Math.max(1, ...paths.map((path) => path.endToEndNs ?? 0));
  const several = vms.value.length > 1;
  return (
    <Scroll label="Table of requests">
      <table
        class={several ? 'exchanges with-vm' : 'exchanges'}
        onPointerEnter={hold}
        onPointerLeave={release}
        onFocusIn={hold}
        onFocusOut={release}
        onKeyDown={(event) => move(event, paths, choose)}
      >
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="text">
              Request
            </th>
            <th scope="col" class="text">
              Status
            </th>
            {several && (
              <th scope="col" class="text">
                VM
              </th>
            )}
            <th scope="col">Total</th>
            <th scope="col" class="text most-head" title="the layer that took most of it">
              Most in
            </th>
            <th scope="col" class="text layers-head">
              Layers, one scale
            </th>
          </tr>
        </thead>
        <tbody>
          {paths.map((path) => (
            <ExchangeRow key={path.id} path={path} several={several} longestNs={longestNs} choose={choose} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** A list that moves on under the pointer could not be chosen from. */
function hold(): void {
  listHeld.value = true;
}

function release(): void {
  listHeld.value = false;
}

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 };

function move(
  event: TargetedKeyboardEvent<HTMLTableElement>,
  paths: readonly PathView[],
  choose: (id: string) => void,
): void {
  const step = STEPS[event.key];
  const at = paths.findIndex(({ id }) => document.activeElement?.id === `open-${id}`);
  const next = step === undefined || at < 0 ? undefined : paths[at + step];
  if (next === undefined) return;
  event.preventDefault();
  document.getElementById(`open-${next.id}`)?.focus();
  // Reading on: what is open follows.
  if (chosenId.value !== '' && chosenId.value !== next.id) choose(next.id);
}

interface ExchangeRowProps {
  path: PathView;
  several: boolean;
  longestNs: number;
  choose: (id: string) => void;
}

function ExchangeRow({ path, several, longestNs, choose }: ExchangeRowProps) {
  const open = chosenId.value === path.id;
  const { client, server } = path;
  return (
    <tr
      class={open ? 'opened' : ''}
      data-path={path.id}
      title={`${client.address}:${client.port} → ${server.address}:${server.port}`}
    >
      <td class="text" title={new Date(path.atMs).toString()}>
        {formatTime(path.atMs, true)}
      </td>
      <td class="text clipped">
        <button
          type="button"
          class="expander"
          id={`open-${path.id}`}
          aria-expanded={open}
          aria-controls={open ? 'exchange' : undefined}
          onClick={() => choose(path.id)}
        >
          {requestName(path)}
        </button>
        <Labels of={unusualLabels(path)} />
        {!path.complete && (
          <span class="warn" title={`missing: ${path.missing.join(', ')}`}>
            {' '}
            ▲ incomplete
          </span>
        )}
      </td>
      <td class="text">
        <Status status={path.status} />
      </td>
      {several && <td class="text">{path.vm}</td>}
      <td>
        <Duration ns={path.endToEndNs} />
      </td>
      <td class="text">
        <MostIn path={path} />
      </td>
      <td>
        <LayerBar path={path} longestNs={longestNs} />
      </td>
    </tr>
  );
}

function nsOf(path: PathView, layer: LayerId): number {
  return path.layers.find((l) => l.layer === layer)?.ns ?? 0;
}

function MostIn({ path }: { path: PathView }) {
  const most = LAYERS.map(({ layer }) => layer).reduce((a, b) => (nsOf(path, b) > nsOf(path, a) ? b : a));
  if (nsOf(path, most) === 0) return <>–</>;
  return (
    <>
      <Swatch layer={most} />
      {most}
    </>
  );
}

/** The layers of the sum side by side; what they are is told where the exchange is opened. */
function LayerBar({ path, longestNs }: { path: PathView; longestNs: number }) {
  return (
    <span class="layer-bar" aria-hidden="true">
      {LAYERS.map(({ layer }) => {
        const ns = nsOf(path, layer);
        return (
          <span
            key={layer}
            class={layerClass(layer)}
            style={{ width: `${((100 * ns) / longestNs).toFixed(3)}%` }}
            title={`${layer} ${formatDuration(ns)}`}
          />
        );
      })}
    </span>
  );
}
