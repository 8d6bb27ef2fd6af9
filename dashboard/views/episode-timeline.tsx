import { useSignal } from '@preact/signals';
import type { TargetedEvent, TargetedPointerEvent } from 'preact';
import type { EpisodeData } from '../../server/wire/episode-views.ts';
import { type Axis, knownAxis, type Lane, lanesOf, MINUTE_MS, textAt, timeTicks, untold } from '../episode-lanes.ts';
import { counted, formatCount, formatTime } from '../format.ts';
import { Plot } from './plot.tsx';
import { Scroll } from './scroll.tsx';
import './episode-timeline.css';

const NAME_PX = 17;
const LANE_PX = 26;
const ROW_PX = NAME_PX + LANE_PX + 7;
const HEAD_PX = 18;
const FOOT_PX = 20;
const TICK_PX = 64;

/** The breach and the time before it, minute by minute, with what is known of the machines beside it. */
export function EpisodeTimeline({ data }: { data: EpisodeData }) {
  const axis = knownAxis(data);
  const lanes = lanesOf(data, axis);
  const minutes = axis.to - axis.from;
  const pointed = useSignal(worstMinute(lanes[0]!));
  const at = Math.min(pointed.value, minutes - 1);
  const height = HEAD_PX + lanes.length * ROW_PX + FOOT_PX;
  const point = (event: TargetedPointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    pointed.value = Math.min(minutes - 1, Math.max(0, Math.floor((minutes * (event.clientX - left)) / width)));
  };
  const slide = (event: TargetedEvent<HTMLInputElement>) => {
    pointed.value = Number(event.currentTarget.value);
  };
  const absent = untold(data);
  return (
    <section class="panel" id="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title">
        Timeline <small>minute by minute; the breach is framed, what is before it is what it is compared with</small>
      </h2>
      <div class="lanes" onPointerMove={point}>
        <Plot
          sentence={sentence(data, lanes, axis)}
          height={height}
          draw={(width) => <Lanes data={data} lanes={lanes} axis={axis} at={at} width={width} />}
        />
      </div>
      <label class="minute">
        <span>
          {formatTime((axis.from + at) * MINUTE_MS)}
          {data.notMeasured.includes(axis.from + at) && <b class="warn"> ▲ not measured</b>}
        </span>
        <input
          type="range"
          min="0"
          max={minutes - 1}
          value={at}
          aria-label="Minute"
          aria-valuetext={minuteWords(lanes, axis, at)}
          onInput={slide}
        />
      </label>
      {absent.length > 0 && <p class="fine">Nobody told of: {absent.join('; ')}.</p>}
      <Marks data={data} />
      <MinuteTable lanes={lanes} axis={axis} />
    </section>
  );
}

/** The one with most bad requests, of the axis. */
function worstMinute({ bad = [] }: Lane): number {
  return bad.reduce<number>((most, count, i) => ((count ?? 0) > (bad[most] ?? 0) ? i : most), 0);
}

interface LanesProps {
  data: EpisodeData;
  lanes: readonly Lane[];
  axis: Axis;
  /** The minute that is pointed at, of the axis. */
  at: number;
  width: number;
}

function Lanes({ data, lanes, axis, at, width }: LanesProps) {
  const minutes = axis.to - axis.from;
  const x = (minute: number) => ((minute - axis.from) * width) / minutes;
  const bottom = HEAD_PX + lanes.length * ROW_PX;
  const [from, to] = [x(data.window.fromMs / MINUTE_MS), x(data.window.toMs / MINUTE_MS)];
  return (
    <g>
      <defs>
        <pattern id="bad-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(30)">
          <rect width="3" height="5" fill="var(--bad)" />
        </pattern>
        <pattern
          id="unmeasured-hatch"
          width="7"
          height="7"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(-30)"
        >
          <rect width="1.5" height="7" fill="var(--muted)" />
        </pattern>
      </defs>
      <rect
        x={from}
        y="1"
        width={Math.max(2, to - from - 1)}
        height={bottom - 2}
        fill="var(--bad-ground)"
        stroke="var(--bad)"
      />
      <text x={Math.min(from + 4, width - 44)} y="13" font-size="11" fill="var(--bad)">
        breach
      </text>
      {from > 130 && (
        <text x="2" y="13" font-size="11" fill="var(--muted)">
          compared with
        </text>
      )}
      {data.notMeasured.map((minute) => (
        <rect
          key={minute}
          x={x(minute)}
          y={HEAD_PX}
          width={width / minutes}
          height={bottom - HEAD_PX}
          fill="url(#unmeasured-hatch)"
        />
      ))}
      {timeTicks(axis, width, TICK_PX).map((minute) => (
        <g key={minute}>
          <line x1={x(minute)} x2={x(minute)} y1={HEAD_PX} y2={bottom} stroke="var(--grid)" />
          <text x={x(minute) + 2} y={bottom + 14} font-size="11" fill="var(--muted)">
            {formatTime(minute * MINUTE_MS).slice(0, 5)}
          </text>
        </g>
      ))}
      {lanes.map((lane, row) => (
        <LaneBars key={lane.key} lane={lane} row={row} at={at} width={width} />
      ))}
      {data.marks.map(({ atMs, what }, i) => (
        <g key={`${atMs} ${what}`}>
          <title>{what}</title>
          <line
            x1={x(atMs / MINUTE_MS)}
            x2={x(atMs / MINUTE_MS)}
            y1={HEAD_PX}
            y2={bottom}
            stroke="var(--accent)"
            stroke-dasharray="3 3"
          />
          <text x={x(atMs / MINUTE_MS)} y={HEAD_PX - 1} font-size="10" text-anchor="middle" fill="var(--accent)">
            {i + 1}
          </text>
        </g>
      ))}
      <line x1={x(axis.from + at + 0.5)} x2={x(axis.from + at + 0.5)} y1={HEAD_PX} y2={bottom} stroke="var(--text)" />
    </g>
  );
}

function LaneBars({ lane, row, at, width }: { lane: Lane; row: number; at: number; width: number }) {
  const top = HEAD_PX + row * ROW_PX;
  const foot = top + NAME_PX + LANE_PX;
  const isTold = lane.values.some((value) => value !== null);
  return (
    <g data-lane={lane.key}>
      <text x="2" y={top + 12} fill="var(--text)" stroke="var(--panel)" stroke-width="3" paint-order="stroke">
        {lane.name}
        <tspan font-weight="600"> {isTold ? textAt(lane, at) : 'not told'}</tspan>
      </text>
      <path
        d={bars(lane.values, lane.most, width, foot)}
        fill={lane.key === 'requests' ? 'var(--muted)' : 'var(--accent)'}
      />
      {lane.bad && (
        <path
          d={bars(lane.bad, lane.most, width, foot)}
          fill="url(#bad-hatch)"
          stroke="var(--bad)"
          stroke-width="0.5"
        />
      )}
      <line x1="0" x2={width} y1={foot} y2={foot} stroke="var(--line)" />
    </g>
  );
}

function bars(values: readonly (number | null)[], most: number, width: number, foot: number): string {
  const step = width / values.length;
  const gap = step > 4 ? 1 : 0;
  return values
    .map((value, i) => {
      if (value === null || value <= 0) return '';
      const height = Math.max(1, (LANE_PX * value) / most);
      return `M${(i * step).toFixed(1)} ${foot}v${(-height).toFixed(1)}h${(step - gap).toFixed(1)}V${foot}z`;
    })
    .join('');
}

function sentence({ marks, window, notMeasured }: EpisodeData, lanes: readonly Lane[], axis: Axis): string {
  const requests = lanes[0]!.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const bad = lanes[0]!.bad!.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const span = `${formatTime(axis.from * MINUTE_MS)} to ${formatTime(axis.to * MINUTE_MS)}`;
  return (
    `${lanes.length} lanes from ${span}, the breach from ${formatTime(window.fromMs)} to ${formatTime(window.toMs)}: ` +
    `${formatCount(requests)} requests, ${formatCount(bad)} bad, ${counted(marks.length, 'mark')}, ` +
    `${counted(notMeasured.length, 'minute')} not measured; the table below has every minute.`
  );
}

function minuteWords(lanes: readonly Lane[], axis: Axis, at: number): string {
  const told = lanes.map((lane) => `${lane.name} ${textAt(lane, at)}`);
  return `${formatTime((axis.from + at) * MINUTE_MS)}: ${told.join('; ')}`;
}

/** What happened beside: numbered as in the picture. */
function Marks({ data: { marks } }: { data: EpisodeData }) {
  if (marks.length === 0) return <p class="fine">No run began, no clock stepped, no agent was away.</p>;
  return (
    <ol class="marks" aria-label="What happened beside">
      {marks.map(({ atMs, what }) => (
        <li key={`${atMs} ${what}`}>
          {formatTime(atMs)} {what}
        </li>
      ))}
    </ol>
  );
}

function MinuteTable({ lanes, axis }: { lanes: readonly Lane[]; axis: Axis }) {
  // A week has ten thousand rows: they are made once somebody wants them.
  const isOpen = useSignal(false);
  const minutes = isOpen.value ? Array.from({ length: axis.to - axis.from }, (_, i) => i) : [];
  const follow = (event: TargetedEvent<HTMLDetailsElement>) => {
    isOpen.value = event.currentTarget.open;
  };
  return (
    <details onToggle={follow}>
      <summary class="fine">Every minute as a table</summary>
      <Scroll label="Minute by minute">
        <table class="minutes">
          <thead>
            <tr>
              <th scope="col">Minute</th>
              {lanes.map(({ key, name }) => (
                <th key={key} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {minutes.map((i) => (
              <tr key={i}>
                <th scope="row">{formatTime((axis.from + i) * MINUTE_MS)}</th>
                {lanes.map((lane) => (
                  <td key={lane.key}>{textAt(lane, i)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}
