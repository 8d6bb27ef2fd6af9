import type { Share } from '../../server/wire/compare-views.ts';
import { layerColour, layerName } from '../compare-rows.ts';
import { formatDuration, formatShift, share as inPercent, join } from '../format.ts';
import { linearScale } from '../scale.ts';
import { Plot } from './plot.tsx';
import { Axis, across, HEAD_PX, PlotRow, rowSpan, rowsHeight } from './plot-rows.tsx';

const ROW_PX = 25;
const NUMBERS_PX = 64;
const TICK_PX = 58;

/** What each layer has of the difference of the means; they come to 100 %. */
export function ShareBars({ shares, sentence }: { shares: readonly Share[]; sentence: string }) {
  const height = rowsHeight(shares.length, ROW_PX);
  const parts = shares.map(({ share }) => share ?? 0);
  const draw = (width: number) => {
    const span = rowSpan(width, NUMBERS_PX);
    const ticks = Math.floor((span.right - span.left) / TICK_PX);
    const scale = linearScale(Math.min(0, ...parts), Math.max(1, ...parts), ticks);
    const x = across(scale, span);
    return (
      <>
        <Axis scale={scale} span={span} height={height} label={(part) => `${Math.round(100 * part)}\u00a0%`} />
        {shares.map((share, i) => (
          <PlotRow key={share.layer} layer={share.layer} row={i} rowPx={ROW_PX} width={width} title={shareWords(share)}>
            <rect
              x={Math.min(x(0), x(parts[i]!))}
              y={HEAD_PX + i * ROW_PX + 6}
              width={Math.max(1, Math.abs(x(parts[i]!) - x(0)))}
              height={ROW_PX - 12}
              rx="2"
              fill={`var(--${layerColour(share.layer)})`}
            />
            <text x={width - 2} y={HEAD_PX + (i + 0.5) * ROW_PX + 4} text-anchor="end" fill="var(--text)">
              {join(inPercent(share.share))}
            </text>
          </PlotRow>
        ))}
      </>
    );
  };
  return <Plot sentence={sentence} height={height} draw={draw} />;
}

function shareWords({ layer, shift, low, high, share }: Share): string {
  const mean = `mean ${formatShift(shift)} [${formatDuration(low)}, ${formatDuration(high)}]`;
  return `${layerName(layer)}: ${mean}, ${join(inPercent(share))} of the difference`;
}
