/** What a real browser painted. */
import type { Page } from 'playwright-core';

/** First and last row that has a colour, px from the top of the canvas; null where none has. */
export type Rows = [first: number, last: number] | null;

/** Of each column of pixels of a canvas, by the name that the style sheet has for the colour; and pixels per px. */
export async function painted(
  page: Page,
  selector: string,
  names: readonly string[],
): Promise<{ scale: number; rows: Record<string, Rows[]> }> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    const { width, height } = canvas;
    const copy = Object.assign(document.createElement('canvas'), { width, height });
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const rows = {};
    for (const name of ${JSON.stringify(names)}) {
      const colour = style.getPropertyValue('--' + name).trim().slice(1).match(/../g).map((hex) => parseInt(hex, 16));
      const is = (at) => colour.every((part, i) => Math.abs(data[at + i] - part) <= 1) && data[at + 3] === 255;
      rows[name] = Array.from({ length: width }, (_, x) => {
        const found = [];
        for (let y = 0; y < height; y++) if (is(4 * (y * width + x))) found.push(y);
        return found.length === 0 ? null : [found[0], found.at(-1)];
      });
    }
    return { scale: width / canvas.clientWidth, rows };
  })()`);
}
