import { useEffect, useRef } from 'preact/hooks';
import { type ChartInput, LiveChart } from '../chart.ts';
import type { ChartKind } from '../chart-lines.ts';
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
  const chart = useRef<LiveChart | null>(null);
  useEffect(() => {
    chart.current = new LiveChart(canvas.current!, kind);
    return () => chart.current?.destroy();
  }, [kind]);
  useEffect(() => chart.current?.draw(input), [input]);
  return (
    <div class={`canvas ${kind}`}>
      <canvas ref={canvas} role="img" aria-label={sentence} />
    </div>
  );
}
