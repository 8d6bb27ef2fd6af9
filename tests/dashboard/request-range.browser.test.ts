/** Requests of a stretch of time in a real browser: from the live page's charts, by typing, from a link. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PathView } from '../../server/wire/views.ts';
import { getJson, type Started } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { drag } from './drag.ts';
import { fed } from './fed-server.ts';
import { launchBrowser } from './live-page.ts';
import { checkLooks, opened } from './replayed.ts';

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

const PAST_S = 60;

/** A request a second in the last minute, the older the slower. */
async function measured(): Promise<Started> {
  const { server, sendPast } = await fed(built);
  await sendPast(PAST_S, 1, (ago) => ago * 100_000);
  return server;
}

const parameters = (page: Page) => new URL(page.url()).searchParams;
const rowIds = (page: Page) =>
  page.locator('[data-path]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-path')));

/** As the API has them, and as they must be: all that began then, and none beside. */
async function ofTime(server: Started, from: number, to: number): Promise<string[]> {
  const all = await getJson<PathView[]>(server, '/api/runs/current/paths?limit=1000&order=slowest');
  expect(all).toHaveLength(PAST_S);
  return all.filter(({ atMs }) => atMs >= from * 1000 && atMs < to * 1000).map(({ id }) => id);
}

describe('the requests of a stretch of time', () => {
  it('are those of what was dragged over on the live page, there and on their own page', async () => {
    const server = await measured();
    const page = await opened(browser, `${server.url}/?min=1`);
    await page.locator('#layers [data-layer="service"]').waitFor();
    await drag(page, 0.3, 0.6);
    const [from, to] = ['from', 'to'].map((name) => Number(parameters(page).get(name))) as [number, number];
    const expected = await ofTime(server, from, to);
    expect(expected.length).toBeGreaterThan(10);
    expect(expected.length).toBeLessThan(30);
    await page.locator('#requests').getByText('slowest of that time').waitFor();
    const listed = page.locator('#requests .expander');
    await expect
      .poll(() => listed.evaluateAll((all) => all.map(({ id }) => id)), { timeout: 20_000 })
      .toEqual(expected.slice(0, 10).map((id) => `open-${id}`));
    await page.getByRole('link', { name: 'Requests of that time' }).click();
    await page.waitForURL(`**/requests?**from=${from}&to=${to}**`);
    await expect.poll(() => rowIds(page), { timeout: 20_000 }).toEqual(expected);
    expect(await page.locator('#request-range').textContent()).toContain('only requests that began then');
    const back = page.getByRole('link', { name: 'See that time live' });
    expect(await back.getAttribute('href')).toMatch(new RegExp(`[?]run=.+&from=${from}&to=${to}$`));
  });

  it('open from a link, are left by a button or a key, and may be none', async () => {
    const server = await measured();
    const toS = Math.floor(Date.now() / 1000) - 20;
    const link = `${server.url}/requests?from=${toS - 10}&to=${toS}`;
    const page = await opened(browser, link);
    const expected = await ofTime(server, toS - 10, toS);
    await expect.poll(() => rowIds(page), { timeout: 20_000 }).toEqual(expected);
    expect(expected.length).toBe(10);
    await page.getByRole('button', { name: 'All of the run' }).click();
    await expect.poll(() => rowIds(page), { timeout: 20_000 }).toHaveLength(PAST_S);
    expect(parameters(page).has('from')).toBe(false);
    await page.goto(`${server.url}/requests?from=1000&to=2000`);
    await page.getByRole('heading', { name: 'None that fits' }).waitFor();
    await page.getByText(/fits what you ask for and began from 1970-01-01 .* to /).waitFor();
    await page.keyboard.press('n');
    await expect.poll(() => rowIds(page), { timeout: 20_000 }).toHaveLength(PAST_S);
  });

  it('are chosen by typing; an end before its beginning is refused', async () => {
    const server = await measured();
    const page = await opened(browser, `${server.url}/requests`);
    await page.locator('[data-path]').first().waitFor();
    await page.locator('.exactly summary').click();
    const [from, to] = [page.locator('.exactly input').first(), page.locator('.exactly input').last()];
    const field = (second: number) => new Date(second * 1000 - new Date().getTimezoneOffset() * 60_000).toISOString();
    const fromS = Math.floor(Date.now() / 1000) - 40;
    await from.fill(field(fromS).slice(0, 19));
    await to.fill(field(fromS - 5).slice(0, 19));
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await to.evaluate((input) => (input as HTMLInputElement).validationMessage)).toContain(
      'after the one above',
    );
    expect(parameters(page).has('from')).toBe(false);
    await to.fill(field(fromS + 8).slice(0, 19));
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(`**from=${fromS}&to=${fromS + 8}**`);
    await expect.poll(() => rowIds(page), { timeout: 20_000 }).toEqual(await ofTime(server, fromS, fromS + 8));
    await checkLooks(page, 'requests-of-a-time');
  });
});
