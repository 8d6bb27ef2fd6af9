import type { EpisodeData } from '../../server/wire/episode-views.ts';
import { formatTime } from '../format.ts';

const WIDTH = 1000;
const LABEL = 220;
const LANE = 26;
const MINUTE_MS = 60_000;

interface Lane {
  label: string;
  /** Minute since the epoch, and its value. */
  points: [number, number][];
}

/** Bad requests and readings of the CPU, minute by minute on one axis of time, and what happened beside. */
export function EpisodeLanes({ data }: { data: EpisodeData }) {
  const { window, baseline, marks } = data;
  const lanes = lanesOf(data);
  const first = Math.min(...lanes.flatMap(({ points }) => points.map(([minute]) => minute)), window.fromMs / MINUTE_MS);
  const fromMs = Math.max(baseline.fromMs, Math.floor(first) * MINUTE_MS);
  const x = (ms: number) => LABEL + ((WIDTH - LABEL) * (ms - fromMs)) / Math.max(1, window.toMs - fromMs);
  const height = lanes.length * LANE;
  return (
    <svg class="lanes" viewBox={`0 0 ${WIDTH} ${height + 16}`} role="img" aria-label="Timeline of the breach">
      <rect class="in-question" x={x(window.fromMs)} y={0} width={x(window.toMs) - x(window.fromMs)} height={height} />
      {lanes.map((lane, i) => (
        <LaneBars key={lane.label} lane={lane} y={i * LANE} x={x} fromMs={fromMs} />
      ))}
      {marks
        .filter(({ atMs }) => atMs >= fromMs)
        .map(({ atMs, what }) => (
          <line key={`${atMs} ${what}`} class="happened" x1={x(atMs)} x2={x(atMs)} y1={0} y2={height}>
            <title>{what}</title>
          </line>
        ))}
      <text x={LABEL} y={height + 13}>
        {formatTime(fromMs)}
      </text>
      <text x={WIDTH} y={height + 13} text-anchor="end">
        {formatTime(window.toMs)}
      </text>
    </svg>
  );
}

function lanesOf({ minutes, lanes, neighbours }: EpisodeData): Lane[] {
  const bad = minutes.map(([minute, total, good]): [number, number] => [
    minute!,
    total! > 0 ? (total! - good!) / total! : 0,
  ]);
  const gauges = [...lanes, ...neighbours].map(({ gauge, vm, minutes: told }) => ({
    label: `${gauge}, ${vm}`,
    points: told.map(([minute, seconds, sum]): [number, number] => [minute, seconds > 0 ? sum / seconds / 1e6 : 0]),
  }));
  return [{ label: 'share of bad requests', points: bad }, ...gauges];
}

interface LaneProps {
  lane: Lane;
  y: number;
  x: (ms: number) => number;
  fromMs: number;
}

function LaneBars({ lane: { label, points }, y, x, fromMs }: LaneProps) {
  const most = points.reduce((max, [, value]) => Math.max(max, value), 0);
  return (
    <g>
      <text x={0} y={y + LANE - 8}>
        {label} (most {most.toFixed(2)})
      </text>
      {points
        .filter(([minute, value]) => minute * MINUTE_MS >= fromMs && value > 0)
        .map(([minute, value]) => {
          const height = ((LANE - 6) * value) / most;
          const left = x(minute * MINUTE_MS);
          return (
            <rect
              key={minute}
              x={left}
              y={y + LANE - 2 - height}
              width={Math.max(1, x((minute + 1) * MINUTE_MS) - left - 1)}
              height={height}
            >
              <title>{value.toFixed(3)}</title>
            </rect>
          );
        })}
    </g>
  );
}
