import { computed } from '@preact/signals';
import { PRESSURE_NAMES } from '../chart-lines.ts';
import { columnsTable } from '../chart-table.ts';
import { join, share } from '../format.ts';
import { chartWords } from '../range-words.ts';
import { meanOfLast, PRESSURES, type PressureName, RETAIN_S } from '../series.ts';
import { bands, contended, range } from '../state.ts';
import { fixed, windowMinutes } from '../view-range.ts';
import { CanvasChart } from './canvas-chart.tsx';
import { ChartActions } from './chart-actions.tsx';
import './pressure-panel.css';

const input = computed(() => ({
  columns: contended.value,
  fromS: range.value.fromS,
  toS: range.value.toS - 1,
  // Named on the chart above; there is no room here.
  bands: bands.value.map((band) => ({ ...band, label: '' })),
  boundNs: 0,
  missing: '',
}));

const told = computed(() =>
  PRESSURES.filter((name) => contended.value.pressure[name].some((value) => !Number.isNaN(value))),
);

const TITLES: Record<PressureName, string> = {
  steal:
    'share of the time in which the guest’s CPUs were ready, but the host ran something else; by the guest’s count',
  vcpuDelay: 'time that this VM’s vCPU threads waited for a CPU of the host, per second',
  hostPressure: 'share of the time in which some task of the host waited for a CPU (PSI)',
  guestPressure: 'share of the time in which some task in the guest waited for a CPU (PSI)',
};

/** Who waited for a CPU, second by second, below the latency of the same seconds; not there where nobody tells. */
export function PressurePanel() {
  if (told.value.length === 0) return null;
  const now = told.value.map((name) => `${PRESSURE_NAMES[name]} ${join(mean(name))}`).join(', ');
  return (
    <section class="panel" id="pressure" aria-labelledby="pressure-title">
      <h2 id="pressure-title">
        Waiting for a CPU <small>share of each second; {aboutMean()}</small>
      </h2>
      <CanvasChart
        kind="pressure"
        input={input.value}
        sentence={`Shares of each second in which a CPU was waited for, ${chartWords()}; mean: ${now}.`}
      />
      <div class="chart-foot">
        <ul class="legend" aria-label="Lines of the chart">
          {told.value.map((name) => (
            <li key={name} title={TITLES[name]} data-pressure={name}>
              <span class={`dash ${name}`} aria-hidden="true" /> {PRESSURE_NAMES[name]} <b>{join(mean(name))}</b>
            </li>
          ))}
        </ul>
        <ChartActions
          of="pressure"
          title="Waiting for a CPU"
          table={() => columnsTable('pressure', contended.peek())}
        />
      </div>
    </section>
  );
}

/** Only the newest minutes are told: what is older is not kept. */
function aboutMean(): string {
  if (fixed.value !== null) return 'mean of that time';
  const limit = windowMinutes.value * 60 > RETAIN_S ? `; of the last ${RETAIN_S / 60} min only` : '';
  return `now: mean of 10 s${limit}`;
}

function mean(name: PressureName) {
  return share(meanOfLast(contended.value.pressure[name], fixed.value === null ? 10 : RETAIN_S));
}
