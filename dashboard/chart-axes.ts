/** Axes of the charts, as plain data: time below, values at the left. */
import { axisDuration, formatCount, formatDate, formatTime } from './format.ts';

/** All charts of the page start at the same column, so that a second of one stands below that of another. */
export const VALUE_AXIS_PX = 62;
/** Right of every chart. */
export const RIGHT_PX = 8;
const HALF_LABEL_PX = 28;

const TIME_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Round times to be written between two seconds: as many as there is room for, none cut off at the right. */
export function timeTicks(fromS: number, toS: number, widthPx: number): number[] {
  const room = Math.max(2, Math.floor(widthPx / 90));
  const spanS = Math.max(1, toS - fromS);
  const step = TIME_STEPS_S.find((each) => spanS / each <= room) ?? Math.ceil(spanS / room / 86_400) * 86_400;
  // Days and hours are those of the viewer's zone.
  const zoneS = new Date(fromS * 1000).getTimezoneOffset() * 60;
  const first = Math.ceil((fromS - zoneS) / step) * step + zoneS;
  const last = toS - (HALF_LABEL_PX / Math.max(1, widthPx)) * spanS;
  return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, i) => first + i * step);
}

/** With the day where it begins. */
export function timeLabel(second: number, spanS: number): string {
  const isMidnight = formatTime(second * 1000) === '00:00:00';
  if (spanS > 3600 && isMidnight) return formatDate(second * 1000).slice(5, 10);
  return spanS > 3600 ? formatTime(second * 1000).slice(0, 5) : formatTime(second * 1000);
}

export function timeAxis() {
  return {
    type: 'linear' as const,
    border: { display: false },
    grid: { drawTicks: false },
    ticks: {
      maxRotation: 0,
      padding: 6,
      callback(this: { min: number; max: number }, value: number | string) {
        return timeLabel(Number(value), this.max - this.min);
      },
    },
    // Ticks stay on round seconds, so that labels wander with the data instead of jumping.
    afterBuildTicks(scale: { min: number; max: number; width: number; ticks: { value: number }[] }) {
      scale.ticks = timeTicks(scale.min, scale.max, scale.width).map((value) => ({ value }));
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
      callback: (value: number | string, _index: number, ticks: { value: number }[]) => {
        const endNs = ticks.at(-1)?.value ?? 0;
        // An axis of nothing ends at 1.
        if (endNs <= 1) return '';
        return axisDuration(Number(value), (ticks[1]?.value ?? 1) - (ticks[0]?.value ?? 0), endNs);
      },
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

/** 1, 2 and 5 of each power of ten between two times; of many powers only 1. */
export function latencyTicks(leastNs: number, mostNs: number): number[] {
  const steps = mostNs / leastNs > 1000 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(leastNs)); decade <= mostNs; decade *= 10) {
    for (const step of steps) if (step * decade >= leastNs && step * decade <= mostNs) ticks.push(step * decade);
  }
  return ticks;
}
