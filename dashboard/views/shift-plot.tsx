import type { ShiftRow, Verdict } from '../compare-rows.ts';
import { formatDuration, formatShift, formatTick } from '../format.ts';
import { type Scale, shiftScale } from '../scale.ts';
import { Plot } from './plot.tsx';
import { Axis, across, EDGE_PX, HEAD_PX, PlotRow, rowSpan, rowsHeight } from './plot-rows.tsx';

const ROW_PX = 25;
const NUMBERS_PX = 216;
/** A narrower picture leaves the numbers to the table below. */
const WIDE_PX = 560;
const TICK_PX = 68;

const COLOURS: Record<Verdict, string> = { slower: 'var(--slower)', faster: 'var(--faster)', open: 'var(--muted)' };
const WORDS: Record<Verdict, string> = { slower: 'slower', faster: 'faster', open: 'not told from 0' };

/** How far b is from a, layer by layer: to the right b is slower. */
export function ShiftPlot({ rows, sentence }: { rows: readonly ShiftRow[]; sentence: string }) {
  const height = rowsHeight(rows.length, ROW_PX);
  const draw = (width: number) => {
    const span = rowSpan(width, width >= WIDE_PX ? NUMBERS_PX : EDGE_PX);
    const scale = shiftScale(rows, Math.floor((span.right - span.left) / TICK_PX));
    return (
      <>
        <Axis scale={scale} span={span} height={height} label={formatTickShift} />
        <Directions x={across(scale, span)(0)} left={span.left} right={span.right} />
        {rows.map((row, i) => (
          <PlotRow
            key={row.layer}
            layer={row.layer}
            row={i}
            rowPx={ROW_PX}
            width={width}
            look={row.verdict}
            title={rowWords(row)}
          >
            <Mark row={row} x={across(scale, span)} y={HEAD_PX + (i + 0.5) * ROW_PX} />
            {width >= WIDE_PX && <Numbers row={row} right={width} y={HEAD_PX + (i + 0.5) * ROW_PX + 4} />}
          </PlotRow>
        ))}
      </>
    );
  };
  return <Plot sentence={sentence} height={height} draw={draw} />;
}

/** Under the plot: how its axis is to be read. */
export function scaleWords({ evenTo }: Pick<Scale, 'evenTo'>): string {
  if (evenTo === null) return '';
  return `The axis is even within ±\u00a0${formatDuration(evenTo)} and goes by the order of magnitude beyond.`;
}

const formatTickShift = (ns: number) => (ns > 0 ? `+${formatTick(ns)}` : formatTick(ns));

function Directions({ x, left, right }: { x: number; left: number; right: number }) {
  return (
    <g font-size="11" fill="var(--muted)">
      {x - left > 70 && (
        <text x={x - 8} y="11" text-anchor="end">
          ← B faster
        </text>
      )}
      {right - x > 70 && (
        <text x={x + 8} y="11">
          B slower →
        </text>
      )}
    </g>
  );
}

/** The band that holds for all together is broad and light, the interval of this number alone thin; a full dot is told from 0. */
function Mark({ row, x, y }: { row: ShiftRow; x: (ns: number) => number; y: number }) {
  const colour = COLOURS[row.verdict];
  const [from, to] = [x(row.bandLow), x(row.bandHigh)];
  return (
    <>
      <rect x={from} y={y - 6} width={Math.max(2, to - from)} height="12" rx="2" fill={colour} fill-opacity="0.28" />
      <line x1={x(row.low)} x2={x(row.high)} y1={y} y2={y} stroke={colour} stroke-width="2" />
      <circle
        cx={x(row.shift)}
        cy={y}
        r="4.5"
        stroke={colour}
        stroke-width="2"
        fill={row.verdict === 'open' ? 'var(--panel)' : colour}
      />
    </>
  );
}

function Numbers({ row, right, y }: { row: ShiftRow; right: number; y: number }) {
  const { shift, bandLow, bandHigh, verdict } = row;
  const colour = verdict === 'open' ? 'var(--muted)' : 'var(--text)';
  return (
    <>
      <text x={right - 134} y={y} text-anchor="end" fill={colour} font-weight={verdict === 'open' ? '400' : '600'}>
        {formatShift(shift)}
      </text>
      <text x={right - 2} y={y} text-anchor="end" font-size="11" fill="var(--muted)">
        [{formatDuration(bandLow)}, {formatDuration(bandHigh)}]
      </text>
    </>
  );
}

export function rowWords({ name, a, b, shift, bandLow, bandHigh, low, high, verdict }: ShiftRow): string {
  const interval = (from: number, to: number) => `[${formatDuration(from)}, ${formatDuration(to)}]`;
  return [
    `${name}: ${formatDuration(a)} → ${formatDuration(b)}, ${formatShift(shift)}: ${WORDS[verdict]}`,
    `for all layers and quantiles together ${interval(bandLow, bandHigh)}`,
    `alone ${interval(low, high)}`,
  ].join('\n');
}
