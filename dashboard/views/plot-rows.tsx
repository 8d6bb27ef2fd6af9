import type { ComponentChildren } from 'preact';
import { isPart, layerColour, layerName } from '../compare-rows.ts';
import { formatTick } from '../format.ts';
import type { Scale } from '../scale.ts';

/** Room above and below the rows. */
export const HEAD_PX = 20;
export const FOOT_PX = 22;
/** Beyond the axis, for half of its last label. */
export const EDGE_PX = 24;
const NAME_PX = 108;
/** Of the small print on an axis, about. */
const LETTER_PX = 6.2;

/** Where the axis of a picture with layers down begins and ends, in px. */
export interface Span {
  left: number;
  right: number;
}

/** @param numbersPx at the right of the axis */
export function rowSpan(width: number, numbersPx: number): Span {
  return { left: NAME_PX, right: Math.max(NAME_PX + 60, width - numbersPx) };
}

export function rowsHeight(rows: number, rowPx: number): number {
  return HEAD_PX + rows * rowPx + FOOT_PX;
}

/** px of a value. */
export function across(scale: Scale, { left, right }: Span): (value: number) => number {
  return (value) => left + scale.at(value) * (right - left);
}

interface AxisProps {
  scale: Scale;
  span: Span;
  /** Of the whole picture. */
  height: number;
  label?: (value: number) => string;
}

/** Lines at round values, and as many of them written below as have room: 0 first, then from the outermost inwards. */
export function Axis({ scale, span, height, label = formatTick }: AxisProps) {
  const x = across(scale, span);
  const bottom = height - FOOT_PX;
  return (
    <g>
      {scale.ticks.map((tick) => (
        <line
          key={tick}
          x1={x(tick)}
          x2={x(tick)}
          y1={HEAD_PX - 4}
          y2={bottom}
          stroke={tick === 0 ? 'var(--muted)' : 'var(--grid)'}
          stroke-width={tick === 0 ? 1.5 : 1}
        />
      ))}
      {labelled(scale.ticks, x, label).map((tick) => (
        <text key={tick} x={x(tick)} y={bottom + 15} text-anchor="middle" font-size="11" fill="var(--muted)">
          {label(tick)}
        </text>
      ))}
    </g>
  );
}

function labelled(ticks: readonly number[], x: (value: number) => number, label: (value: number) => string): number[] {
  const half = (tick: number) => LETTER_PX * (label(tick).length / 2 + 1);
  const rank = (tick: number) => (tick === 0 ? Number.POSITIVE_INFINITY : Math.abs(tick));
  const written: number[] = [];
  for (const tick of ticks.toSorted((a, b) => rank(b) - rank(a))) {
    if (written.every((other) => Math.abs(x(tick) - x(other)) >= half(tick) + half(other))) written.push(tick);
  }
  return written;
}

interface PlotRowProps {
  layer: string;
  row: number;
  rowPx: number;
  width: number;
  /** What it says when pointed at. */
  title: string;
  look?: string;
  children: ComponentChildren;
}

/** One layer: its name in its colour, and what is drawn of it. */
export function PlotRow({ layer, row, rowPx, width, title, look = '', children }: PlotRowProps) {
  const y = HEAD_PX + row * rowPx;
  const indent = isPart(layer) ? 10 : 0;
  return (
    <g data-layer={layer} data-look={look}>
      <title>{title}</title>
      <rect class="row-hit" x="0" y={y} width={width} height={rowPx} fill="transparent" />
      <rect
        x={indent}
        y={y + rowPx / 2 - (layer === 'end to end' ? 1 : 5)}
        width="10"
        height={layer === 'end to end' ? 2 : 10}
        rx={layer === 'end to end' ? 0 : 2}
        fill={`var(--${layerColour(layer)})`}
      />
      <text
        x={indent + 16}
        y={y + rowPx / 2 + 4}
        fill="var(--text)"
        font-weight={layer === 'end to end' ? '600' : '400'}
      >
        {layerName(layer)}
      </text>
      {children}
    </g>
  );
}
