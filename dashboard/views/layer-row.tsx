import type { LayerId } from '../../server/wire/stations.ts';
import { duration, formatCount, isBelowBound, MISSING, type Quantity, share } from '../format.ts';
import { type Absence, type LayerFacts, PLACE_NAMES } from '../layer-facts.ts';
import { before } from '../past.ts';
import { QUANTILES } from '../series.ts';
import { facts, inRun, lastMinute, live, openLayers, quantile } from '../state.ts';
import { ChangeCell } from './change-cell.tsx';
import { BoundedNum, Num } from './num.tsx';
import { OursCell } from './ours-cell.tsx';
import { Sparkline } from './sparkline.tsx';
import { Swatch } from './swatch.tsx';
import './layer-row.css';

interface LayerRowProps {
  fact: LayerFacts;
  /** Its parts that can be shown; none is a layer that does not open. */
  parts: readonly LayerId[];
}

const rowId = (layer: LayerId): string => `layer-${layer.replaceAll('.', '-')}`;

/** One layer, or a part of one. */
export function LayerRow({ fact, parts }: LayerRowProps) {
  const at = facts.value.indexOf(fact);
  const trend = lastMinute.value.layers[at] ?? [];
  const q = quantile.value;
  const counted = inRun.value?.layers.find((l) => l.layer === fact.layer)?.count;
  return (
    <tr id={rowId(fact.layer)} data-layer={fact.layer} class={fact.of === null ? '' : 'part-of'}>
      <th scope="row" title={fact.span}>
        {parts.length > 0 ? <Expander layer={fact.layer} parts={parts} /> : <Name fact={fact} />}
      </th>
      <td class="wide place-name text">{PLACE_NAMES[fact.place]}</td>
      {fact.missing === null || fact.missing.idle ? (
        <Values fact={fact} before={before.value.value?.points[0]?.[q][at]} />
      ) : (
        <MissingCell what={fact.missing} />
      )}
      <td>
        <Num of={boundOf(fact)} title={boundTitle(fact)} />
      </td>
      <OursCell oursNs={fact.oursNs} meanNs={fact.mean} />
      <td class="wide in-run" data-count>
        {counted === 0 ? MISSING : formatCount(counted)}
      </td>
      <td class="wide">
        <Sparkline values={trend} />
      </td>
    </tr>
  );
}

function Name({ fact: { layer, of } }: { fact: LayerFacts }) {
  return (
    <span class="layer-name">
      <Swatch layer={of ?? layer} />
      {layer}
    </span>
  );
}

function Expander({ layer, parts }: { layer: LayerId; parts: readonly LayerId[] }) {
  const open = openLayers.value.includes(layer);
  const toggle = () => {
    openLayers.value = open ? openLayers.value.filter((l) => l !== layer) : [...openLayers.value, layer];
  };
  return (
    <button
      type="button"
      class="expander"
      aria-expanded={open}
      aria-controls={open ? parts.map(rowId).join(' ') : undefined}
      title={`${open ? 'hide' : 'show'} the parts: ${parts.join(', ')}`}
      onClick={toggle}
    >
      <Swatch layer={layer} />
      {layer}
      <span class="mark" aria-hidden="true">
        {open ? '▾' : '▸'}
      </span>
    </button>
  );
}

function Values({ fact, before: earlier }: { fact: LayerFacts; before: number | null | undefined }) {
  const now = fact[quantile.value];
  return (
    <>
      {QUANTILES.map((q) => (
        <td key={q} data-q={q} class={q === quantile.value ? 'chosen' : ''} title={fact.missing?.reason}>
          <BoundedNum ns={fact[q]} boundNs={fact.boundNs} />
        </td>
      ))}
      <ChangeCell now={isBelowBound(now, fact.boundNs) ? null : now} before={earlier} />
      <td>
        <BoundedNum ns={fact.mean} boundNs={fact.boundNs} />
      </td>
      <td title={fact.layer === 'client' ? 'estimated beside the sum, not in it' : undefined}>
        <Num of={share(fact.share)} />
      </td>
    </>
  );
}

/** Quantiles, change, mean and share at once: there is none of them. */
function MissingCell({ what }: { what: Absence }) {
  return (
    <td class="text missing-cell clipped warn" colSpan={QUANTILES.length + 3} title={what.reason}>
      <span aria-hidden="true">▲</span> {what.reason}
    </td>
  );
}

function boundTitle({ boundNs }: LayerFacts): string | undefined {
  if (boundNs === 0) return 'one clock tells both ends';
  const none = live.value?.health.clock.boundNs === null;
  return none ? 'the largest of the run: there is no clock between host and guest now' : undefined;
}

function boundOf(fact: LayerFacts): Quantity {
  if (fact.layer === 'client') return { text: 'estimate', unit: '' };
  if (fact.boundNs === 0) return { text: 'exact', unit: '' };
  const { text, unit } = duration(fact.boundNs);
  return { text: text === MISSING ? 'unknown' : `±\u00a0${text}`, unit };
}
