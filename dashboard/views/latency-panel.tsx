import { computed } from '@preact/signals';
import { LAYERS } from '../../server/wire/stations.ts';
import { formatDuration } from '../format.ts';
import { columns, gaps, quantile, range, recent, windowMinutes } from '../state.ts';
import { CanvasChart } from './canvas-chart.tsx';
import { Swatch } from './swatch.tsx';
import './latency-panel.css';

const input = computed(() => ({
  columns: columns.value,
  fromS: range.value.fromS,
  toS: range.value.toS - 1,
  gaps: gaps.value,
}));

/** Latency per layer over time, stacked in the order of the path. */
export function LatencyPanel() {
  return (
    <section class="panel" id="latency" aria-labelledby="latency-title">
      <h2 id="latency-title">
        Latency per layer, {quantile} of each second <small>last {windowMinutes} min</small>
      </h2>
      <CanvasChart kind="latency" input={input.value} sentence={sentence()} />
      <Legend />
      <p class="note fine">
        The line is the {quantile} end to end at the host NIC. Each layer shows its own {quantile}: quantiles of layers
        do not add up to the quantile of the whole, so line and stack differ. Means do add up; see the table.
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
      {LAYERS.map(({ layer }) => (
        <li key={layer}>
          <Swatch layer={layer} /> {layer}
        </li>
      ))}
    </ul>
  );
}

function sentence(): string {
  const row = recent.value;
  const q = quantile.value;
  const head = `Stacked latency per layer over the last ${windowMinutes.value} minutes, ${q} of each second`;
  if (row === null) return `${head}; nothing in the last 10 seconds.`;
  const values = LAYERS.map(({ layer }, i) => ({ layer, ns: row[q][i + 1] ?? 0 }));
  const largest = values.reduce((a, b) => (b.ns > a.ns ? b : a));
  const total = formatDuration(row.endToEnd[q]);
  return `${head}; in the last 10 seconds ${total} end to end, largest layer ${largest.layer} with ${formatDuration(largest.ns)}.`;
}
