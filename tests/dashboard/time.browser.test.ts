/** The live page over time in a real browser: heatmap, brush, zoom, jump back to now, marks, change. */
import { readFile } from 'node:fs/promises';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SeriesPoints } from '../../server/wire/series-views.ts';
import type { RunInfo } from '../../server/wire/views.ts';
import { getJson, post } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { drag } from './drag.ts';
import { type Fed, fed } from './fed-server.ts';
import { launchBrowser } from './live-page.ts';
import { blankPage, checkLooks, opened, plain, scriptBytes } from './replayed.ts';

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

const PAST_S = 90;
/** Slower by 2 ms until half a minute ago. */
const slower = (ago: number) => (ago > 30 ? 2_000_000 : 0) + ((ago * 7_919) % 13) * 60_000;

async function measured(): Promise<Fed> {
  const all = await fed(built);
  await all.sendPast(PAST_S, 12, slower);
  return all;
}

async function text(page: Page, selector: string): Promise<string> {
  return plain(await page.locator(selector).first().textContent());
}

async function rowsOf(download: Download): Promise<string[][]> {
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  return lines.slice(1).map((line) => line.split(','));
}

async function saved(page: Page, name: string): Promise<Download> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name }).click();
  return coming;
}

const parameters = (page: Page) => new URL(page.url()).searchParams;

describe('the heatmap', () => {
  it('has the numbers of the API, cell by cell, as a table, as a file and in words', async () => {
    const { server } = await measured();
    const run = await getJson<RunInfo>(server, '/api/runs/current');
    const toS = Math.floor(Date.now() / 1000) - 2;
    const range = `from=${toS - 60}&to=${toS}`;
    const page = await opened(browser, `${server.url}/?run=${run.id}&${range}`);
    await page.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
    const api = await getJson<SeriesPoints>(server, `/api/runs/current/series?points=300&heatmap=1&${range}`);
    const cells = api.points.flatMap(({ t, heat }) =>
      (heat?.counts ?? []).flatMap((n, i) => (n === 0 ? [] : [[t, heat!.offset + i, n] as const])),
    );
    const expected = cells.map(([t, index, n]) => [
      ...[new Date(t * 1000).toISOString(), '1', `${Math.round(2 ** (index / 8))}`],
      ...[`${Math.round(2 ** ((index + 1) / 8))}`, `${n}`],
    ]);
    const rows = await rowsOf(await saved(page, 'CSV: How long'));
    expect(rows).toEqual(expected);
    expect(cells.reduce((sum, [, , n]) => sum + n, 0)).toBe(60 * 12);
    expect(await page.locator('#heat canvas').getAttribute('aria-label')).toMatch(/: 720 requests between/);
    await page.getByRole('button', { name: 'Table: How long' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.locator('tbody tr').count()).toBe(cells.length);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    const picture = await saved(page, 'PNG: How long');
    expect((await readFile(await picture.path())).subarray(1, 4).toString()).toBe('PNG');
  });

  it('tells each cell by the arrow keys, and follows the present', async () => {
    const { server, keepSending } = await measured();
    await keepSending();
    const page = await opened(browser, `${server.url}/?min=1`);
    const canvas = page.getByRole('application', { name: /Heatmap/ });
    await page.locator('#heat .heat-legend').waitFor();
    await canvas.focus();
    await canvas.press('ArrowUp');
    const cell = page.locator('.heat-cell');
    await cell.filter({ hasText: /: \d+ of \d+ requests?$/ }).waitFor();
    const first = await text(page, '.heat-cell');
    await canvas.press('ArrowLeft');
    await expect.poll(() => text(page, '.heat-cell')).not.toBe(first);
    expect(await text(page, '.heat-cell')).toMatch(/\d+ ns to [\d ]+ ns\): /);
    await page.locator('#heat canvas').hover({ position: { x: 200, y: 90 } });
    await cell.filter({ hasText: /ns\): \d+ of \d+|nobody measured/ }).waitFor();
    const shown = async () =>
      Number(
        /: ([\d ]+) requests/
          .exec(plain(await page.locator('#heat canvas').getAttribute('aria-label')))?.[1]
          ?.replaceAll(' ', ''),
      );
    const before = await shown();
    await expect.poll(shown, { timeout: 20_000 }).toBeGreaterThan(before);
  });
});

describe('the time in view', () => {
  it('is chosen by dragging, stands in the address, and a link to it opens the same', async () => {
    const { server, keepSending } = await measured();
    await keepSending();
    const page = await opened(browser, `${server.url}/?min=1`);
    await page.locator('#layers [data-layer="service"]').waitFor();
    const asked = page.waitForResponse((r) => r.url().includes('points=300') && r.ok());
    await drag(page, 0.25, 0.75);
    const query = new URL((await asked).url()).searchParams;
    await page.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
    const [from, to] = ['from', 'to'].map((name) => Number(parameters(page).get(name)));
    expect([query.get('from'), query.get('to')]).toEqual([`${from}`, `${to}`]);
    expect(Math.abs(to! - from! - 30)).toBeLessThanOrEqual(2);
    expect(await text(page, '[role=alert] .banner')).toContain('not at what happens now');
    const whole = await getJson<SeriesPoints>(server, `/api/runs/current/series?points=1&from=${from}&to=${to}`);
    const other = await opened(browser, page.url());
    await other.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
    const p50 = '#layers [data-layer="endToEnd"] [data-q="p50"]';
    await expect.poll(() => text(other, p50)).toBe(await text(page, p50));
    const shownMs = Number.parseFloat(await text(page, p50));
    expect(Math.abs(shownMs - whole.points[0]!.endToEnd.p50! / 1e6)).toBeLessThan(0.01);
    expect(await text(other, '#range-text')).toBe(await text(page, '#range-text'));
  });

  it('is moved and left by keys and by the ways of the browser', async () => {
    const { server, keepSending } = await measured();
    await keepSending();
    const page = await opened(browser, `${server.url}/?min=5`);
    await page.locator('#layers [data-layer="service"]').waitFor();
    await page.keyboard.press('+');
    await page.waitForURL(/min=1&?/);
    await page.keyboard.press('[');
    await page.waitForURL(/from=\d+&to=\d+/);
    const length = () => Number(parameters(page).get('to')) - Number(parameters(page).get('from'));
    expect(length()).toBe(60);
    await page.keyboard.press('+');
    await expect.poll(length).toBe(30);
    const from = Number(parameters(page).get('from'));
    await page.keyboard.press('[');
    await expect.poll(() => Number(parameters(page).get('from'))).toBe(from - 15);
    await page.keyboard.press(']');
    await page.keyboard.press('-');
    await expect.poll(length).toBe(60);
    await page.goBack();
    await expect.poll(length).toBe(30);
    await page.keyboard.press('n');
    await expect.poll(() => parameters(page).has('from')).toBe(false);
    await page.locator('#range-text').filter({ hasText: 'following' }).waitFor();
    expect(await page.getByRole('button', { name: 'Back to now' }).isDisabled()).toBe(true);
    await page.locator('.exactly summary').click();
    const fields = page.locator('.exactly input');
    const at = new Date(Date.now() - 60_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    await fields.first().fill(at);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(/from=\d+/);
  });

  it('may be of a run that is over, and says where nobody measured', async () => {
    const { server } = await measured();
    const { id } = await getJson<RunInfo>(server, '/api/runs/current');
    await post(server, '/api/runs', { name: 'another one' });
    const page = await opened(browser, `${server.url}/?run=${id}`);
    await page.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
    expect(await text(page, '[role=alert] .banner')).toContain('of run live');
    const past = await opened(browser, `${server.url}/?run=${id}&from=1000&to=2000`);
    await past.locator('#range-state').filter({ hasText: 'Nobody measured in that time' }).waitFor();
    expect(await text(past, '.heat-cell')).toContain('No request was measured');
  });
});

describe('an answer that does not come', () => {
  it('is said with the reason, and asked for again when somebody wants it', async () => {
    const { server } = await measured();
    const page = await blankPage(browser);
    const series = /\/series\?.*points=300/;
    const error = { code: 'busy', message: 'the store is busy: ask again' };
    await page.route(series, (route) => route.fulfill({ status: 503, json: { error } }));
    const toS = Math.floor(Date.now() / 1000) - 2;
    await page.goto(`${server.url}/?from=${toS - 60}&to=${toS}`);
    const alert = page.getByRole('alert').filter({ hasText: 'Could not load that time: the store is busy' });
    await alert.waitFor();
    await page.unroute(series);
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
  });
});

describe('marks', () => {
  it('tell of a run that began and of a plant, in the charts’ data and as a list', async () => {
    const { server, send, keepSending } = await measured();
    const page = await opened(browser, `${server.url}/?min=1`);
    await page.locator('#layers [data-layer="service"]').waitFor();
    await post(server, '/api/runs', { name: 'with a new kernel' });
    await send(20);
    await keepSending();
    const list = page.locator('#events');
    await list.locator('summary').click();
    await list.locator('[data-event="run"]').filter({ hasText: 'with a new kernel begins' }).waitFor();
    await post(server, '/api/runs/current/plants', { text: '5 ms in wait', fromMs: Date.now(), toMs: null }, 'PUT');
    await list.locator('[data-event="plant"]').filter({ hasText: 'lasting' }).waitFor();
  });
});

describe('the table of layers', () => {
  it('tells the change against the minutes before', async () => {
    const { server, keepSending } = await measured();
    await keepSending();
    const page = await opened(browser, `${server.url}/?q=p50&min=1`);
    // The service was 2 ms slower until half a minute ago.
    const change = page.locator('#layers [data-layer="service"] [data-change]');
    await change.filter({ hasText: /▼.*−\d+/ }).waitFor();
    expect(plain(await change.locator('.num').getAttribute('title'))).toMatch(/ns against .* ns in the 1 min before/);
  });
});

describe('the live page', () => {
  it('needs no more than 160 KB of script', async () => {
    const { server, keepSending } = await fed(built);
    await keepSending();
    expect(await scriptBytes(browser, server.url, '#heat')).toBeLessThan(160 * 1024);
  });

  it.each([
    ['following', false],
    ['looking back', true],
  ])('is readable for everybody with all of it, %s', async (name, isBack) => {
    const { server, keepSending } = await measured();
    await keepSending();
    const text = '5 ms in wait';
    const [fromMs, toMs] = [Date.now() - 40_000, Date.now() - 20_000];
    await post(server, '/api/runs/current/plants', { text, fromMs, toMs }, 'PUT');
    const page = await opened(browser, `${server.url}/?min=1`);
    await page.locator('#heat .heat-legend').waitFor();
    await page.locator('.requests tbody tr').first().waitFor();
    await page.locator('#layers [data-change] .num').first().waitFor();
    if (isBack) {
      await drag(page, 0.2, 0.9);
      await page.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
      await page.locator('#events summary').click();
    }
    await checkLooks(page, `live-${name.replace(' ', '-')}`);
  });
});
