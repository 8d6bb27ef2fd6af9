import { computed } from '@preact/signals';
import { columnsTable } from '../chart-table.ts';
import { formatCount, join, rate } from '../format.ts';
import { chartWords, recentWords } from '../range-words.ts';
import { bands, complete, range, recent, requestsPerSecond } from '../state.ts';
import { fixed } from '../view-range.ts';
import { CanvasChart } from './canvas-chart.tsx';
import { ChartActions } from './chart-actions.tsx';
import { ClassCounts } from './class-counts.tsx';
import { Doubt } from './doubt.tsx';
import { Num } from './num.tsx';

const input = computed(() => ({
  columns: complete.value,
  fromS: range.value.fromS,
  toS: range.value.toS - 1,
  // Named on the chart above; there is no room here.
  bands: bands.value.map((band) => ({ ...band, label: '' })),
  boundNs: 0,
  missing: '',
}));

/** Requests and errors per second. */
export function RatePanel() {
  const now = rate(requestsPerSecond.value);
  const errors = recent.value?.errors ?? 0;
  const counted = `${formatCount(errors)} ${errors === 1 ? 'error' : 'errors'}`;
  return (
    <section class="panel" id="rate" aria-labelledby="rate-title">
      <h2 id="rate-title">
        Requests per second <small>{fixed.value === null ? 'mean of 5 s' : `mean of ${chartWords()}`}</small>
        <Doubt within="window" />
        <span class="headline" id="request-rate">
          <Num of={now} />
        </span>
        <span class={errors > 0 ? 'headline bad' : 'headline quiet'} data-errors>
          <span aria-hidden="true">{errors > 0 ? '✕' : '✓'}</span> {counted} in{' '}
          {fixed.value === null ? '10 s' : 'that time'}
        </span>
      </h2>
      <div class="chart-foot">
        <ClassCounts />
        <ChartActions of="rate" title="Requests per second" table={() => columnsTable('rate', complete.peek())} />
      </div>
      <CanvasChart
        kind="rate"
        input={input.value}
        sentence={`Requests per second, ${chartWords()}: ${join(now)}, ${counted} in ${recentWords()}.`}
      />
    </section>
  );
}
