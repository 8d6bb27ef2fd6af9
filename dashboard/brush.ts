/** Choosing a stretch of a chart's time by dragging over it: mouse, pen and finger. */
import type { TimeArea } from './chart.ts';
import { formatTime } from './format.ts';
import { pageZoom, placeOf } from './page-zoom.ts';
import type { Range } from './zoom.ts';

/** Less is a click. */
const LEAST_PX = 6;

export interface BrushOptions {
  /** Asked when a drag begins. */
  area: () => TimeArea | null;
  choose: (range: Range) => void;
  /** At a double click; `atS` is what was pointed at. */
  widen: (atS: number) => void;
}

/** @param place holds the canvas, and is what its px are counted from @returns what ends it */
export function brush(place: HTMLElement, { area, choose, widen }: BrushOptions): () => void {
  const shade = document.createElement('div');
  shade.className = 'brush';
  let begun: { area: TimeArea; x: number; id: number } | null = null;
  const xOf = (event: MouseEvent) => event.clientX / pageZoom(place) - placeOf(place).left;
  const within = ({ left, right }: TimeArea, x: number) => Math.min(right, Math.max(left, x));
  const secondAt = ({ left, right, fromS, toS }: TimeArea, x: number) =>
    fromS + ((x - left) / Math.max(1, right - left)) * (toS - fromS);
  const end = () => {
    begun = null;
    shade.remove();
  };
  const chosen = (event: PointerEvent): Range | null => {
    if (begun === null) return null;
    const [a, b] = [begun.x, within(begun.area, xOf(event))];
    if (Math.abs(b - a) < LEAST_PX) return null;
    return { fromS: secondAt(begun.area, Math.min(a, b)), toS: secondAt(begun.area, Math.max(a, b)) };
  };
  const down = (event: PointerEvent) => {
    const now = area();
    if (now === null || event.button !== 0) return;
    const x = xOf(event);
    if (x < now.left || x > now.right) return;
    begun = { area: now, x, id: event.pointerId };
  };
  const move = (event: PointerEvent) => {
    if (begun === null || event.pointerId !== begun.id) return;
    const range = chosen(event);
    if (range === null) return;
    if (!shade.isConnected) {
      place.append(shade);
      place.setPointerCapture(event.pointerId);
    }
    const x = within(begun.area, xOf(event));
    shade.style.left = `${Math.min(begun.x, x)}px`;
    shade.style.width = `${Math.abs(x - begun.x)}px`;
    shade.textContent = `${formatTime(range.fromS * 1000)} – ${formatTime(range.toS * 1000)}`;
  };
  const up = (event: PointerEvent) => {
    const range = chosen(event);
    end();
    if (range !== null) choose(range);
  };
  const twice = (event: MouseEvent) => {
    const now = area();
    if (now !== null) widen(secondAt(now, within(now, xOf(event))));
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key === 'Escape') end();
  };
  const heard: [string, EventListener][] = [
    ['pointerdown', down as EventListener],
    ['pointermove', move as EventListener],
    ['pointerup', up as EventListener],
    ['pointercancel', end],
    ['dblclick', twice as EventListener],
  ];
  for (const [name, listener] of heard) place.addEventListener(name, listener);
  addEventListener('keydown', leave);
  return () => {
    for (const [name, listener] of heard) place.removeEventListener(name, listener);
    removeEventListener('keydown', leave);
    end();
  };
}
