import type { EpisodeView, PartShare } from '../../server/wire/episode-views.ts';
import { PARTS, type Part } from '../../server/wire/episode-views.ts';
import { layersOf, namedPart, requestAddress, worstIn } from '../episode-links.ts';
import { duration, exactDuration, formatDuration, join } from '../format.ts';
import {
  intervalText,
  partColour,
  partName,
  permilleQuantity,
  type SideRow,
  sideRows,
  sideText,
} from '../verdict-words.ts';
import { Num } from './num.tsx';
import { Scroll } from './scroll.tsx';
import './attribution.css';

/** Where the bad requests spent what they took longer than the usual ones: by side, then by layer. */
export function Attribution({ view }: { view: EpisodeView }) {
  const { verdict } = view;
  const excess = verdict.excessNs === null ? '' : ` of ${formatDuration(verdict.excessNs)} more than usual`;
  return (
    <section class="panel" id="attribution" aria-labelledby="attribution-title">
      <h2 id="attribution-title">
        Where the time went <small>shares{excess}, mean of bad less mean of usual, 95 % intervals</small>
      </h2>
      {verdict.parts.length === 0 && (
        <p class="warn">
          <span aria-hidden="true">?</span> Undetermined: {verdict.doubts[0] ?? 'nothing is known of single layers'}.
        </p>
      )}
      {verdict.parts.length > 0 && sideRows(verdict).length === 0 && (
        <p class="warn">
          <span aria-hidden="true">?</span> Undetermined: the whole difference could be nothing, so it has no shares.
        </p>
      )}
      <Sides rows={sideRows(verdict)} />
      {verdict.parts.length > 0 && <Parts view={view} />}
    </section>
  );
}

function Sides({ rows }: { rows: readonly SideRow[] }) {
  if (rows.length === 0) return null;
  return (
    <table class="sides" aria-label="By side">
      <tbody>
        {rows.map(({ key, name, scope, permille, interval }) => (
          <tr key={key} data-side={key}>
            <th scope="row">
              <b>{name}</b> <small>{scope}</small>
            </th>
            <td class="share-number">
              <Num of={permilleQuantity(permille)} />
            </td>
            <td class="quiet">
              {interval === null
                ? ''
                : `${join(permilleQuantity(interval[0]))} to ${join(permilleQuantity(interval[1]))}`}
            </td>
            <td class="bar-cell">
              <Bar permille={permille} interval={interval} colour={`side-${key}`} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface BarProps {
  permille: number | null;
  /** Drawn as a whisker; null where there is none. */
  interval: [low: number, high: number] | null;
  colour: string;
}

/** The number beside it says it. Less than nothing is not drawn. */
function Bar({ permille, interval, colour }: BarProps) {
  const at = (value: number) => `${Math.min(100, Math.max(0, value / 10))}%`;
  return (
    <span class="share-bar" aria-hidden="true">
      <span class="share-fill" style={{ width: at(permille ?? 0), background: `var(--${colour})` }} />
      {interval !== null && (
        <span
          class="share-whisker"
          style={{ left: at(interval[0]), width: `calc(${at(interval[1])} - ${at(interval[0])})` }}
        />
      )}
    </span>
  );
}

function Parts({ view: { verdict, data } }: { view: EpisodeView }) {
  const sum = verdict.parts.reduce((total, { permille }) => total + (permille ?? 0), 0);
  const most = namedPart(verdict.part);
  return (
    <Scroll label="By layer">
      <table class="parts">
        <thead>
          <tr>
            {['Layer', 'Share', '', 'Took longer by', '95 % interval', 'Side'].map((name) => (
              <th key={name} scope="col" class={name === 'Layer' || name === 'Side' ? 'text' : ''}>
                {name === '' ? <span class="unseen">Share as a bar</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {verdict.parts.map((part) => (
            <PartRow key={part.part} of={part} isMost={part.part === most} data={data} whole={verdict.excessNs} />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Together</th>
            <td data-sum>{sum === 0 ? '–' : <Num of={permilleQuantity(sum)} />}</td>
            <td class="bar-cell" />
            <td>
              <Num of={duration(verdict.excessNs)} title={exactDuration(verdict.excessNs)} />
            </td>
            <td />
            <td />
          </tr>
        </tfoot>
      </table>
    </Scroll>
  );
}

interface PartRowProps {
  of: PartShare;
  isMost: boolean;
  data: EpisodeView['data'];
  whole: number | null;
}

function PartRow({ of, isMost, data, whole }: PartRowProps) {
  const { part, excessNs, lowNs, highNs, permille } = of;
  return (
    <tr data-part={part} class={isMost ? 'most-blamed' : ''}>
      <th scope="row">
        <span class="swatch" style={{ background: `var(--${partColour(part)})` }} aria-hidden="true" />
        <PartLink of={of} data={data} />
        {isMost && <b class="bad"> ◀ most of it</b>}
      </th>
      <td>
        <Num of={permilleQuantity(permille)} />
      </td>
      <td class="bar-cell">
        <Bar permille={permille} interval={permille === null ? null : perWhole(of, whole)} colour={partColour(part)} />
      </td>
      <td data-excess>
        <Num of={duration(excessNs)} title={exactDuration(excessNs)} />
      </td>
      <td class="quiet">{intervalText(lowNs, highNs)}</td>
      <td class="text">{sideText(of)}</td>
    </tr>
  );
}

/** An interval in ns as one in tenths of a percent of the whole. */
function perWhole({ lowNs, highNs }: PartShare, whole: number | null): [number, number] | null {
  return whole === null || whole <= 0 ? null : [(1000 * lowNs) / whole, (1000 * highNs) / whole];
}

/** To the bad request that spent most there, in the list of those that did. */
function PartLink({ of: { part }, data }: { of: PartShare; data: EpisodeView['data'] }) {
  const at = PARTS.indexOf(part as Part);
  const worst = at < 0 ? null : worstIn(data.bad, ({ parts }) => parts[at] ?? null);
  if (worst === null) return <>{partName(part)}</>;
  const [layer] = layersOf(PARTS[at]!);
  return (
    <a
      href={requestAddress(worst.id, layer)}
      title="the bad request that spent most there, among the slowest of this layer"
    >
      {partName(part)}
    </a>
  );
}
