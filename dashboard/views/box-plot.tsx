import type { Box, BoxRow } from '../compare-rows.ts';
import { formatDuration, formatTick } from '../format.ts';
import { magnitudeScale } from '../scale.ts';
import { Plot } from './plot.tsx';
import { Axis, across, EDGE_PX, HEAD_PX, PlotRow, rowSpan, rowsHeight } from './plot-rows.tsx';

const ROW_PX = 28;
const BOX_PX = 9;
const TICK_PX = 58;

/** px, for so many layers. */
export function boxesHeight(rows: number): number {
  return rowsHeight(rows, ROW_PX);
}

/** Where most requests lie in every layer, A above B: half of them in the box, nine of ten between the whiskers. */
export function BoxPlot({ rows, sentence }: { rows: readonly BoxRow[]; sentence: string }) {
  const height = boxesHeight(rows.length);
  const draw = (width: number) => {
    const span = rowSpan(width, EDGE_PX);
    const scale = magnitudeScale(
      rows.flatMap(({ a, b }) => [...a, ...b]),
      Math.floor((span.right - span.left) / TICK_PX),
    );
    const x = across(scale, span);
    return (
      <>
        <Axis scale={scale} span={span} height={height} label={formatTick} />
        {rows.map((row, i) => (
          <PlotRow key={row.layer} layer={row.layer} row={i} rowPx={ROW_PX} width={width} title={rowWords(row)}>
            <Whiskers box={row.a} run="a" x={x} y={HEAD_PX + (i + 0.5) * ROW_PX - 6} />
            <Whiskers box={row.b} run="b" x={x} y={HEAD_PX + (i + 0.5) * ROW_PX + 6} />
          </PlotRow>
        ))}
      </>
    );
  };
  return <Plot sentence={sentence} height={height} draw={draw} />;
}

interface WhiskersProps {
  box: Box;
  run: 'a' | 'b';
  x: (ns: number) => number;
  y: number;
}

/** A is an outline, B is filled. */
function Whiskers({ box, run, x, y }: WhiskersProps) {
  const [low, from, middle, to, high] = box.map(x) as unknown as Box;
  const colour = `var(--run-${run})`;
  return (
    <g stroke={colour} stroke-width="1.5">
      <line x1={low} x2={high} y1={y} y2={y} />
      {[low, high].map((end, i) => (
        <line key={i === 0 ? 'low' : 'high'} x1={end} x2={end} y1={y - 3} y2={y + 3} />
      ))}
      <rect
        x={from}
        y={y - BOX_PX / 2}
        width={Math.max(2, to - from)}
        height={BOX_PX}
        rx="1"
        fill={run === 'a' ? 'var(--panel)' : colour}
      />
      <line
        x1={middle}
        x2={middle}
        y1={y - BOX_PX / 2}
        y2={y + BOX_PX / 2}
        stroke={run === 'a' ? 'var(--text)' : 'var(--panel)'}
        stroke-width="2"
      />
    </g>
  );
}

function rowWords({ name, a, b }: BoxRow): string {
  const words = ([low, from, middle, to, high]: Box) =>
    `median ${formatDuration(middle)}, half in ${formatDuration(from)} to ${formatDuration(to)}, 90\u00a0% in ${formatDuration(low)} to ${formatDuration(high)}`;
  return `${name}\nA: ${words(a)}\nB: ${words(b)}`;
}
