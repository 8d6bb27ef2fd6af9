import type { LayerCurves, Shift } from '../../server/wire/compare-views.ts';
import { formatDuration, formatTick } from '../format.ts';
import { magnitudeScale } from '../scale.ts';
import { Plot } from './plot.tsx';
import { Axis, across, EDGE_PX, FOOT_PX, HEAD_PX, type Span } from './plot-rows.tsx';

const LEFT_PX = 46;
const TICK_PX = 90;
const FEWEST_TICKS = 4;
const PERCENTS = [0, 25, 50, 75, 100];

interface EcdfPlotProps {
  curves: LayerCurves;
  probabilities: readonly number[];
  /** The chosen quantile, where both have it. */
  at: Shift | undefined;
  sentence: string;
  height: number;
}

/** Which part of the requests was done within a time, for both runs; time by its order of magnitude. */
export function EcdfPlot({ curves, probabilities, at, sentence, height }: EcdfPlotProps) {
  const y = (p: number) => HEAD_PX + (1 - p) * (height - HEAD_PX - FOOT_PX);
  const draw = (width: number) => {
    const span = { left: LEFT_PX, right: width - EDGE_PX };
    const scale = magnitudeScale(
      [...curves.a, ...curves.b],
      Math.max(FEWEST_TICKS, (span.right - span.left) / TICK_PX),
    );
    const x = across(scale, span);
    const line = (values: readonly number[]) =>
      values.map((ns, i) => `${i === 0 ? 'M' : 'L'}${x(ns).toFixed(1)} ${y(probabilities[i]!).toFixed(1)}`).join('');
    return (
      <>
        <Axis scale={scale} span={span} height={height} label={formatTick} />
        {PERCENTS.map((percent) => (
          <g key={percent}>
            <line x1={span.left} x2={span.right} y1={y(percent / 100)} y2={y(percent / 100)} stroke="var(--grid)" />
            <text x={LEFT_PX - 6} y={y(percent / 100) + 4} text-anchor="end" font-size="11" fill="var(--muted)">
              {percent}&nbsp;%
            </text>
          </g>
        ))}
        <path d={line(curves.a)} fill="none" stroke="var(--run-a)" stroke-width="2" stroke-dasharray="5 3" />
        <path d={line(curves.b)} fill="none" stroke="var(--run-b)" stroke-width="2" />
        {at !== undefined && <Reading at={at} x={x} y={y(at.quantile)} span={span} />}
      </>
    );
  };
  return <Plot sentence={sentence} height={height} draw={draw} />;
}

interface ReadingProps {
  at: Shift;
  x: (ns: number) => number;
  y: number;
  span: Span;
}

/** Where the curves cross the quantile: their distance is the shift. */
function Reading({ at, x, y, span }: ReadingProps) {
  const ends = [
    { run: 'A', ns: at.a, colour: 'var(--run-a)' },
    { run: 'B', ns: at.b, colour: 'var(--run-b)' },
  ].sort((one, other) => one.ns - other.ns);
  return (
    <g>
      <line x1={span.left} x2={span.right} y1={y} y2={y} stroke="var(--muted)" stroke-dasharray="2 3" />
      {ends.map(({ run, ns, colour }, i) => (
        <g key={run}>
          <circle cx={x(ns)} cy={y} r="4" fill={colour} stroke="var(--panel)" stroke-width="1.5" />
          <Label text={`${run} ${formatDuration(ns)}`} x={x(ns)} y={y} isLess={i === 0} span={span} />
        </g>
      ))}
    </g>
  );
}

interface LabelProps {
  text: string;
  x: number;
  y: number;
  isLess: boolean;
  span: Span;
}

/** A curve comes from below on the left and goes on above to the right: the other two corners are free. */
function Label({ text, x, y, isLess, span }: LabelProps) {
  const wide = 6.6 * text.length + 8;
  const toLeft = isLess && x - wide > span.left;
  return (
    <text
      x={toLeft ? x - 8 : Math.min(x + 8, span.right + EDGE_PX - wide)}
      y={isLess ? y - 7 : y + 17}
      text-anchor={toLeft ? 'end' : 'start'}
      font-size="11"
      font-weight="600"
      fill="var(--text)"
      stroke="var(--panel)"
      stroke-width="3"
      paint-order="stroke"
    >
      {text}
    </text>
  );
}
