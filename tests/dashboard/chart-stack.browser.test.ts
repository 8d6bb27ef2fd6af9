/** The stack of layers as a real browser paints it, read back pixel by pixel and held against the API. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SeriesPoints } from '../../server/wire/series-views.ts';
import { LAYER_IDS, LAYERS } from '../../server/wire/stations.ts';
import { getJson } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { fed } from './fed-server.ts';
import { launchBrowser } from './live-page.ts';
import { painted } from './pixels.ts';
import { opened } from './replayed.ts';

// A browser on two busy cores is slow.
vi.setConfig({ testTimeout: 180_000 });

let built: BuiltPage;
let browser: Browser;

beforeAll(async () => {
  built = await buildPage();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await built.remove();
});

const SECONDS = 30;
/** Left and right of what is drawn, px. */
const BESIDE = { left: 62, right: 8 };

/** Straight line through points, by least squares. */
function lineThrough(points: readonly (readonly [number, number])[]): { at: number; slope: number } {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([each]) => each), mean(([, each]) => each)];
  const slope = mean((p) => (p[0] - x) * (p[1] - y)) / mean((p) => (p[0] - x) ** 2);
  return { at: y - slope * x, slope };
}

describe('the stack of layers', () => {
  it('has the foot and the top of every layer where the API’s numbers add up to, column by column of pixels', async () => {
    const { server, sendPast } = await fed(built);
    // Of one request a second a quantile is that request: the layers add up to the whole.
    await sendPast(SECONDS + 10, 1, (ago) => ((ago * 7_919) % 17) * 90_000);
    const toS = Math.floor(Date.now() / 1000) - 3;
    const range = `from=${toS - SECONDS}&to=${toS}`;
    const page = await opened(browser, `${server.url}/?q=p50&${range}`, { deviceScaleFactor: 2, colorScheme: 'light' });
    await page.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
    const { points } = await getJson<SeriesPoints>(server, `/api/runs/current/series?points=300&${range}`);
    expect(points).toHaveLength(SECONDS);

    const colours = LAYERS.map(({ layer }) => `layer-${layer.replace('.', '-')}`);
    await expect
      .poll(async () => (await painted(page, '#latency canvas', ['text'])).rows.text!.filter(Boolean).length)
      .toBeGreaterThan(500);
    const { scale, rows } = await painted(page, '#latency canvas', ['text', ...colours]);
    const width = rows.text!.length;
    const [left, right] = [BESIDE.left * scale, width - BESIDE.right * scale];
    /** A value between two seconds, at the middle of a column. */
    const at = (x: number, of: (point: (typeof points)[number]) => number): number => {
      const second = ((x + 0.5 - left) / (right - left)) * (SECONDS - 1);
      const before = Math.min(SECONDS - 2, Math.floor(second));
      const [a, b] = [of(points[before]!), of(points[before + 1]!)];
      return a + (b - a) * (second - before);
    };
    const columns = Array.from({ length: width }, (_, x) => x).filter((x) => x > left + 4 && x < right - 4);

    // chart.js itself draws the line of the whole: by it is known how many ns a pixel is.
    const whole = columns.flatMap((x) => {
      const line = rows.text![x];
      return line ? [[at(x, (p) => p.endToEnd.p50!), (line[0] + line[1] + 1) / 2] as const] : [];
    });
    const { at: foot, slope } = lineThrough(whole);
    expect(whole.length).toBeGreaterThan(0.9 * columns.length);
    expect(slope).toBeLessThan(0);

    const seen: string[] = [];
    for (const [i, { layer, clock }] of LAYERS.entries()) {
      // Hatched, its colour is not whole; what lies on top of it tells where it ends.
      if (clock === 'crosses') continue;
      const sum = (point: (typeof points)[number], upTo: number) =>
        LAYERS.slice(0, upTo).reduce((all, each) => all + (point.p50[LAYER_IDS.indexOf(each.layer)] ?? 0), 0);
      const wrong = columns.filter((x) => {
        const is = rows[colours[i]!]![x];
        if (is == null) return false;
        // A pixel that an edge runs through has the colour of neither side; a steep one runs through several of a column.
        const isOff = (row: number, upTo: number, slackPx: number) => {
          const [before, here, behind] = [x - 1, x, x + 1].map((c) => foot + slope * at(c, (p) => sum(p, upTo)));
          return Math.abs(row - here!) > slackPx + Math.abs(behind! - before!) / 2;
        };
        // The line of the whole lies over the top one.
        return isOff(is[0], i + 1, 4) || isOff(is[1] + 1, i, 2);
      });
      // Where an edge bends within a column, smoothing may take more of it: that is a column here and there.
      expect(wrong.length, `${layer}: columns ${wrong.slice(0, 5).join(', ')}`).toBeLessThan(columns.length / 200);
      if (rows[colours[i]!]!.filter(Boolean).length > 0.9 * columns.length) seen.push(layer);
    }
    expect(seen).toEqual(expect.arrayContaining(['tcp.in', 'wait', 'service', 'tcp.out']));
  });

  it('gives way to one layer alone, from the foot of the chart up', async () => {
    const { server, sendPast } = await fed(built);
    await sendPast(SECONDS + 10, 1, (ago) => (ago % 5) * 300_000);
    const toS = Math.floor(Date.now() / 1000) - 3;
    const page = await opened(browser, `${server.url}/?q=p50&from=${toS - SECONDS}&to=${toS}`, {
      colorScheme: 'light',
    });
    await page.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
    const columnsOf = async (name: string) =>
      (await painted(page, '#latency canvas', [name])).rows[name]!.filter((rows) => rows !== null);
    await expect.poll(async () => (await columnsOf('layer-wait')).length).toBeGreaterThan(400);
    await page.locator('.legend').getByRole('button', { name: 'service' }).click();
    await expect.poll(async () => (await columnsOf('layer-wait')).length).toBe(0);
    const service = await columnsOf('layer-service');
    expect(service.length).toBeGreaterThan(400);
    // A flat foot: nothing lies below it.
    expect(Math.max(...service.map(([, last]) => last)) - Math.min(...service.map(([, last]) => last))).toBeLessThan(2);
  });
});
