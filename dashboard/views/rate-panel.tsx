import { formatCount, join, rate } from '../format.ts';
import { completeColumns, requestRate } from '../series.ts';
import { columns, live, range, recent, windowMinutes } from '../state.ts';
import { CanvasChart } from './canvas-chart.tsx';
import { gapBands } from './latency-panel.tsx';
import { Num } from './num.tsx';

/** Requests and errors per second. */
export function RatePanel() {
  const { nowMs, health } = live.value!;
  const { fromS, toS } = range.value;
  const complete = completeColumns(columns.value, nowMs);
  const now = rate(requestRate(columns.value, nowMs));
  const errors = recent.value?.errors ?? 0;
  // Named on the chart above; there is no room here.
  const gaps = gapBands(health.gaps, nowMs).map((band) => ({ ...band, label: '' }));
  const sentence = `Requests per second over the last ${windowMinutes.value} minutes; now ${join(now)}, ${errors} errors in the last 10 seconds.`;
  return (
    <section class="panel" id="rate" aria-labelledby="rate-title">
      <h2 id="rate-title">
        Requests per second <small>mean of 5 s</small>
        <span class="headline" id="request-rate">
          <Num of={now} />
        </span>
        <span class={errors > 0 ? 'headline bad' : 'headline quiet'}>
          <span aria-hidden="true">{errors > 0 ? '✕' : '✓'}</span> {formatCount(errors)}{' '}
          {errors === 1 ? 'error' : 'errors'} in 10 s
        </span>
      </h2>
      <CanvasChart kind="rate" input={{ columns: complete, fromS, toS: toS - 1, gaps }} sentence={sentence} />
    </section>
  );
}
