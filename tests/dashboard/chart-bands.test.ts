import { describe, expect, it } from 'vitest';
import { type Band, bandLook, drawMarks, type Surface } from '../../dashboard/chart-bands.ts';

/** A chart of 100 px for 100 s whose letters are 6 px wide; what is written on it, and where. */
function surface(width: number) {
  const texts: [text: string, from: number, to: number][] = [];
  const ctx = new Proxy({} as CanvasRenderingContext2D, {
    get: (_, name) => {
      if (name === 'measureText') return (text: string) => ({ width: 6 * text.length });
      if (name === 'fillText') return (text: string, x: number) => texts.push([text, x, x + 6 * text.length]);
      return () => undefined;
    },
    set: () => true,
  });
  const chart: Surface = {
    ctx,
    chartArea: { left: 0, right: width, top: 0, bottom: 50, height: 50 },
    scales: { x: { getPixelForValue: (second) => (second * width) / 100 } },
  };
  return { chart, texts };
}

const breach = (fromS: number, label: string): Band => ({ fromS, toS: 100, label, tone: 'breach' });

function written(width: number, bands: readonly Band[]) {
  const { chart, texts } = surface(width);
  drawMarks(chart, { bands, ...bandLook(() => '', '') });
  return texts;
}

describe('names of marks', () => {
  it('are written towards the middle, cut where they are long', () => {
    expect(written(1000, [breach(10, 'early'), breach(90, 'late'.repeat(20))])).toEqual([
      ['early', 110, 140],
      [`${'late'.repeat(20).slice(0, 29)}…`, 716, 896],
    ]);
  });

  it('never cover one another, however near the marks are', () => {
    const near = Array.from({ length: 40 }, (_, i) => breach(20 + i * 1.7, `mark number ${i}`));
    const texts = written(900, near);
    expect(texts.length).toBeGreaterThan(3);
    for (const [i, [, from, to]] of texts.entries()) {
      for (const [, otherFrom, otherTo] of texts.slice(i + 1)) expect(otherFrom > to || otherTo < from).toBe(true);
    }
  });

  it('are left out alone: of two at once the first has the room', () => {
    expect(written(1000, [breach(60, 'platform'), breach(60, 'web')]).map(([text]) => text)).toEqual(['platform']);
  });
});
