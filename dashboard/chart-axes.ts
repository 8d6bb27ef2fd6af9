/** Axes of the charts, as plain data: time below, values at the left. */
import { axisDuration, formatCount, formatTime } from './format.ts';

/** All charts of the page start at the same column, so that a second of one stands below that of another. */
const VALUE_AXIS_PX = 62;

/** Seconds between two labels of the time axis, per length of the window. */
function timeStep(spanS: number, widthPx: number): number {
  const room = Math.max(2, Math.floor(widthPx / 90));
  return [10, 15, 30, 60, 120, 180, 300].find((step) => spanS / step <= room) ?? 300;
}

export function timeAxis() {
  return {
    type: 'linear' as const,
    border: { display: false },
    grid: { drawTicks: false },
    ticks: { maxRotation: 0, padding: 6, callback: (value: number | string) => formatTime(Number(value) * 1000) },
    // Ticks stay on round seconds, so that labels wander with the data instead of jumping.
    afterBuildTicks(scale: { min: number; max: number; width: number; ticks: { value: number }[] }) {
      const step = timeStep(scale.max - scale.min, scale.width);
      const first = Math.ceil(scale.min / step) * step;
      const count = Math.max(0, Math.floor((scale.max - first) / step) + 1);
      scale.ticks = Array.from({ length: count }, (_, i) => ({ value: first + i * step }));
    },
  };
}

const valueAxis = {
  beginAtZero: true,
  border: { display: false },
  grid: { drawTicks: false },
  afterFit(scale: { width: number }) {
    scale.width = VALUE_AXIS_PX;
  },
};

export function latencyAxis() {
  return {
    ...valueAxis,
    ticks: {
      padding: 6,
      maxTicksLimit: 6,
      callback: (value: number | string, _index: number, ticks: { value: number }[]) =>
        axisDuration(Number(value), (ticks[1]?.value ?? 1) - (ticks[0]?.value ?? 0), ticks.at(-1)?.value ?? 0),
    },
  };
}

export function rateAxis() {
  return {
    ...valueAxis,
    suggestedMax: 10,
    ticks: { padding: 6, maxTicksLimit: 4, precision: 0, callback: (v: number | string) => formatCount(Number(v)) },
  };
}

/** Shares 0..1 in whole percent; never so stretched that a busy second of nothing fills the chart. */
export function shareAxis() {
  return {
    ...valueAxis,
    suggestedMax: 0.1,
    ticks: {
      padding: 6,
      maxTicksLimit: 4,
      callback: (v: number | string) => `${Math.round(Number(v) * 100)}\u00a0%`,
    },
  };
}
