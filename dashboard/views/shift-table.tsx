import type { CompareView } from '../../server/wire/compare-views.ts';
import { isPart, type ShiftRow, shiftRows } from '../compare-rows.ts';
import { quantile } from '../compare-state.ts';
import { duration, formatDuration, formatShift, MISSING, share } from '../format.ts';
import { Num } from './num.tsx';
import { RunKey } from './run-key.tsx';
import { Scroll } from './scroll.tsx';
import './shift-table.css';

/** The numbers of the pictures at the chosen quantile. */
export function ShiftTable({ view: { comparison } }: { view: CompareView }) {
  const q = quantile.value;
  return (
    <section class="panel" id="numbers" aria-labelledby="numbers-title">
      <h2 id="numbers-title">
        Numbers at {q} <small>all quantiles are in the CSV</small>
      </h2>
      <Scroll label="Table of shifts">
        <table class="shifts">
          <Head />
          <tbody>
            {shiftRows(comparison, q).map((row) => (
              <Row key={row.layer} row={row} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">Layer</th>
        <th scope="col">
          <RunKey of="a" />
        </th>
        <th scope="col">
          <RunKey of="b" />
        </th>
        <th scope="col">Shift</th>
        <th scope="col" class="text">
          B is
        </th>
        <th scope="col" title="95 %, for all layers and quantiles of the comparison together">
          All together
        </th>
        <th scope="col" title="95 %, for this number alone">
          Alone
        </th>
        <th scope="col" title="the smallest shift that a comparison like this one finds four times in five">
          Detectable
        </th>
        <th scope="col" title="of the difference of the means">
          Share
        </th>
      </tr>
    </thead>
  );
}

const VERDICTS = { slower: '▲ slower', faster: '▼ faster', open: 'not told from 0' };

function Row({ row }: { row: ShiftRow }) {
  const { layer, name, a, b, shift, low, high, bandLow, bandHigh, detectable, verdict } = row;
  return (
    <tr data-layer={layer} class={isPart(layer) ? 'part-row' : ''}>
      <th scope="row">{name}</th>
      <td>
        <Num of={duration(a)} />
      </td>
      <td>
        <Num of={duration(b)} />
      </td>
      <td class={verdict === 'open' ? '' : 'headline'}>{formatShift(shift)}</td>
      <td class={`text verdict-${verdict}`} data-verdict={verdict}>
        {VERDICTS[verdict]}
      </td>
      <td>{interval(bandLow, bandHigh)}</td>
      <td>{interval(low, high)}</td>
      <td>
        <Num of={duration(detectable)} />
      </td>
      <td>{row.share === null ? <span class="quiet">{MISSING}</span> : <Num of={share(row.share)} />}</td>
    </tr>
  );
}

function interval(from: number, to: number): string {
  return `[${formatDuration(from)}, ${formatDuration(to)}]`;
}
