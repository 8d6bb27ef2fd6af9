import { computed } from '@preact/signals';
import { LAYERS, type SumLayer } from '../../server/wire/stations.ts';
import { columnsTable } from '../chart-table.ts';
import { boundedDuration, formatDuration, join } from '../format.ts';
import { chartWords, recentWords } from '../range-words.ts';
import { bands, boundNs, columns, facts, quantile, range, recent } from '../state.ts';
import { chosenLayer } from '../view-range.ts';
import { CanvasChart } from './canvas-chart.tsx';
import { ChartActions } from './chart-actions.tsx';
import { Doubt } from './doubt.tsx';
import { EventList } from './event-list.tsx';
import { Swatch } from './swatch.tsx';
import './latency-panel.css';

/** Layers of the sum that cannot be drawn for a reason; a string, so that the same reasons are the same input. */
const missing = computed(() =>
  facts.value
    .filter((f) => f.of === null && f.missing !== null && !f.missing.idle)
    .map((f) => `${f.layer}: ${f.missing!.brief}`)
    .join(', '),
);

const input = computed(() => ({
  columns: columns.value,
  fromS: range.value.fromS,
  toS: range.value.toS - 1,
  bands: bands.value,
  boundNs: boundNs.value,
  missing: missing.value,
  only: chosenLayer.value,
}));

/** Latency per layer over time, stacked in the order of the path. */
export function LatencyPanel() {
  return (
    <section class="panel" id="latency" aria-labelledby="latency-title">
      <h2 id="latency-title">
        Latency per layer, {quantile} of each {columns.value.stepS === 1 ? 'second' : 'point'}{' '}
        <small>requests only; {chartWords()}</small>
        <Doubt within="window" />
      </h2>
      <CanvasChart kind="latency" input={input.value} sentence={sentence()} />
      <div class="chart-foot">
        <Legend />
        <ChartActions of="latency" title="Latency per layer" table={() => columnsTable('latency', columns.peek())} />
      </div>
      <EventList />
      {missing.value !== '' && (
        <p class="note fine warn">
          <span aria-hidden="true">▲</span> Missing in the stack: {missing.value}
        </p>
      )}
      <p class="note fine">
        The line is the {quantile} end to end at the host NIC. Each layer shows its own {quantile}: quantiles of layers
        do not add up to the quantile of the whole, so line and stack differ. Means do add up; see the table. Hatched:
        less than the clock’s bound.
      </p>
    </section>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label="Layers from the foot of the stack to its top">
      <li>
        <span class="swatch line" aria-hidden="true" /> end to end
      </li>
      {facts.value
        .filter((f) => f.of === null && f.layer !== 'client')
        .map(({ layer, missing: why }) => (
          <li key={layer} class={why === null || why.idle ? '' : 'absent'} title={why?.reason}>
            <button
              type="button"
              class="expander legend-key"
              aria-pressed={chosenLayer.value === layer}
              title={`${chosenLayer.value === layer ? 'draw all layers' : 'draw only this layer'}`}
              onClick={() => drawOnly(layer as SumLayer)}
            >
              <Swatch layer={layer} /> {layer}
              {why !== null && !why.idle && <span class="warn"> ▲</span>}
            </button>
          </li>
        ))}
    </ul>
  );
}

/** The same one again draws all. */
function drawOnly(layer: SumLayer): void {
  chosenLayer.value = chosenLayer.peek() === layer ? '' : layer;
}

function sentence(): string {
  const row = recent.value;
  const q = quantile.value;
  const head = `Stacked latency per layer, ${chartWords()}, ${q} of each point`;
  if (row === null) return `${head}; nothing in ${recentWords()}.`;
  const values = LAYERS.map(({ layer }, i) => ({ layer, ns: row[q][i + 1] ?? 0 }));
  const boundedText = ({ layer, ns }: (typeof values)[number]) =>
    join(boundedDuration(ns, facts.value.find((f) => f.layer === layer)?.boundNs ?? 0));
  const absent = missing.value === '' ? '' : `; missing: ${missing.value}`;
  const largest = values.reduce((a, b) => (b.ns > a.ns ? b : a));
  const total = formatDuration(row.endToEnd[q]);
  return `${head}; in ${recentWords()} ${total} end to end, largest layer ${largest.layer} with ${boundedText(largest)}${absent}.`;
}
