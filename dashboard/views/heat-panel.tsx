import { computed } from '@preact/signals';
import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { brush } from '../brush.ts';
import { heatTable } from '../chart-table.ts';
import { counted, exactDuration, formatCount, formatDuration, formatTime } from '../format.ts';
import { bucketEnds, columnSum, type Heat } from '../heat.ts';
import { HeatChart, type HeatPlace } from '../heat-chart.ts';
import { look, zoom } from '../moves.ts';
import { pageZoom, placeOf } from '../page-zoom.ts';
import { heat } from '../past.ts';
import { chartWords } from '../range-words.ts';
import { bands, columns, quantile, range } from '../state.ts';
import { ChartActions } from './chart-actions.tsx';
import { cellAfter, pointed } from './heat-cell.ts';
import './heat-panel.css';

const input = computed(() => ({
  heat: heat.value.value,
  fromS: range.value.fromS,
  toS: range.value.toS - 1,
  bands: bands.value.map((band) => ({ ...band, label: '' })),
  line: { t: columns.value.t, ns: columns.value.endToEnd },
}));

/** How the times of requests are spread, over time. */
export function HeatPanel() {
  const { value, error } = heat.value;
  return (
    <section class="panel" id="heat" aria-labelledby="heat-title">
      <h2 id="heat-title">
        How long requests took <small>end to end at the host NIC, all requests; {chartWords()}</small>
        {value !== null && <HeatLegend heat={value} />}
      </h2>
      <HeatCanvas />
      <div class="chart-foot">
        <p class="fine heat-cell" role="status">
          {cellText(value)}
        </p>
        <ChartActions of="heat" title="How long requests took, end to end" table={tableNow} />
      </div>
      {error !== null && (
        <p class="bad fine">
          <span aria-hidden="true">✕</span> The server does not answer: {error}
        </p>
      )}
    </section>
  );
}

function tableNow() {
  const { value } = heat.peek();
  return value === null ? { head: [], rows: [] } : heatTable(value);
}

function HeatLegend({ heat: { most } }: { heat: Heat }) {
  return (
    <span class="heat-legend fine">
      <span class="swatch line" aria-hidden="true" /> {quantile} <span class="heat-key">1</span>
      <span class="ramp" aria-hidden="true" /> {counted(most, 'request')} in a cell
    </span>
  );
}

const ARROWS: Record<string, [columns: number, rows: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

function HeatCanvas() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<HeatChart | null>(null);
  useEffect(() => {
    const own = new HeatChart(canvas.current!);
    chart.current = own;
    const leave = brush(place.current!, { area: () => own.area, choose: look, widen: (atS) => zoom('out', atS) });
    return () => {
      leave();
      own.destroy();
    };
  }, []);
  useEffect(() => chart.current?.draw(input.value), [input.value]);
  const show = (cell: HeatPlace | null) => {
    pointed.value = cell;
    chart.current?.point(cell);
  };
  const point = (event: TargetedPointerEvent<HTMLDivElement>) => {
    const { left, top } = placeOf(event.currentTarget);
    const larger = pageZoom(event.currentTarget);
    show(chart.current!.at(event.clientX / larger - left, event.clientY / larger - top));
  };
  const step = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const by = ARROWS[event.key];
    const now = heat.peek().value;
    if (by === undefined || now === null) return;
    event.preventDefault();
    const { column, row } = cellAfter(now, pointed.peek(), ...by);
    show(chart.current!.placeOf(column, row));
  };
  return (
    <div
      ref={place}
      class="canvas heat"
      role="application"
      aria-label="Heatmap; arrow keys go from cell to cell"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys work here
      tabIndex={0}
      onPointerMove={point}
      onPointerLeave={() => show(null)}
      onKeyDown={step}
    >
      <canvas ref={canvas} role="img" aria-label={sentence()} />
    </div>
  );
}

function sentence(): string {
  const { value } = heat.value;
  const head = `Heatmap of the end-to-end time of requests, ${chartWords()}`;
  if (value === null) return `${head}; nothing was measured.`;
  const sums = Array.from({ length: value.columns }, (_, column) => columnSum(value, column));
  const all = sums.reduce((a, b) => a + b, 0);
  const [least] = bucketEnds(value.lowest, value.scale);
  const [, most] = bucketEnds(value.lowest + value.rows - 1, value.scale);
  return `${head}: ${formatCount(all)} requests between ${formatDuration(least)} and ${formatDuration(most)}; the table has every cell.`;
}

/** Where nothing is pointed at, how to. */
function cellText(now: Heat | null): string {
  const cell = pointed.value;
  if (now === null) return heat.value.error === null ? 'No request was measured in that time yet.' : '';
  if (cell === null || cell.column >= now.columns || cell.row >= now.rows) {
    return 'Point at a cell, or go there with the arrow keys, for its numbers.';
  }
  const fromMs = (now.fromS + cell.column * now.stepS) * 1000;
  const [aboveNs, upToNs] = bucketEnds(now.lowest + cell.row, now.scale);
  const requests = now.counts[cell.column * now.rows + cell.row]!;
  const time = `${formatTime(fromMs)}${now.stepS > 1 ? ` to ${formatTime(fromMs + now.stepS * 1000)}` : ''}`;
  const span = `${formatDuration(aboveNs)} to ${formatDuration(upToNs)} (${exactDuration(aboveNs)} to ${exactDuration(upToNs)})`;
  if (now.measured[cell.column] === 0) return `${time}: nobody measured.`;
  return `${time}, ${span}: ${formatCount(requests)} of ${counted(columnSum(now, cell.column), 'request')}`;
}
