import { useEffect, useRef } from 'preact/hooks';
import { brush } from '../brush.ts';
import { type ChartInput, LiveChart } from '../chart.ts';
import type { ChartKind } from '../chart-lines.ts';
import { look, zoom } from '../moves.ts';
import './canvas-chart.css';

interface CanvasChartProps {
  kind: ChartKind;
  input: ChartInput;
  /** One sentence with the numbers, for those who do not see the canvas. */
  sentence: string;
}

/** Mounts one chart and hands it new columns; the canvas itself is never redrawn by Preact. */
export function CanvasChart({ kind, input, sentence }: CanvasChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<LiveChart | null>(null);
  useEffect(() => {
    const own = new LiveChart(canvas.current!, kind);
    chart.current = own;
    const leave = brush(place.current!, { area: () => own.area, choose: look, widen: (atS) => zoom('out', atS) });
    return () => {
      leave();
      own.destroy();
    };
  }, [kind]);
  useEffect(() => chart.current?.draw(input), [input]);
  return (
    <div ref={place} class={`canvas ${kind}`}>
      <canvas ref={canvas} role="img" aria-label={sentence} />
    </div>
  );
}
