/** Which run the live page looks at, in a real browser: chosen from a list, from a link, and one that is not there. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { formatCount } from '../../dashboard/format.ts';
import type { RunInfo, Summary } from '../../server/wire/views.ts';
import { until } from '../agent/until.ts';
import { getJson, post, type Started, start } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { fed } from './fed-server.ts';
import { accessibilityFaults, launchBrowser } from './live-page.ts';
import { blankPage, heldBack, opened, plain, playAll } from './replayed.ts';

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

/** One run that is over, and one that lasts; a request belongs to the run in which it began. */
async function twoRuns() {
  const all = await fed(built);
  await all.send(30);
  const first = await getJson<RunInfo>(all.server, '/api/runs/current');
  await post(all.server, '/api/runs', { name: 'with a new kernel' });
  const joined = async () => {
    await all.send(20);
    return getJson<Summary>(all.server, '/api/runs/current/summary');
  };
  await until(joined, ({ endToEnd }) => endToEnd.count > 2, 20_000);
  return { ...all, first, second: await getJson<RunInfo>(all.server, '/api/runs/current') };
}

const runSelect = (page: Page) => page.getByRole('combobox', { name: 'Run' });
const inApi = async (server: Started, { id }: RunInfo) =>
  plain(formatCount((await getJson<Summary>(server, `/api/runs/${id}/summary`)).endToEnd.count));
const inRun = async (page: Page) =>
  plain(await page.locator('#layers [data-layer="endToEnd"] [data-count]').textContent());

describe('the run in view', () => {
  it('is chosen from all that the server has, stands in the address, and a link to it opens the same', async () => {
    const { server, first, second } = await twoRuns();
    const page = await opened(browser, server.url);
    await expect.poll(() => inRun(page), { timeout: 20_000 }).toBe(await inApi(server, second));
    expect(await inApi(server, second)).not.toBe(await inApi(server, first));
    const options = () => runSelect(page).locator('option').allTextContents();
    await expect
      .poll(options)
      .toEqual([`now: ${second.name}`, `${second.name} · ${second.id}`, `${first.name} · ${first.id}`]);
    await runSelect(page).selectOption(first.id);
    await page.waitForURL(`**run=${first.id}&from=*&to=*`);
    await expect.poll(() => inRun(page), { timeout: 20_000 }).toBe(await inApi(server, first));
    await page.getByRole('alert').getByText(`of run ${first.name}, not at what happens now`).waitFor();
    await expect.poll(() => page.locator('.requests .expander').count(), { timeout: 20_000 }).toBe(10);
    expect(await page.locator('.requests .expander').first().getAttribute('id')).toContain(`open-${first.id}.`);
    const other = await opened(browser, page.url());
    await expect.poll(() => inRun(other), { timeout: 20_000 }).toBe(await inRun(page));
    await expect.poll(() => runSelect(other).inputValue()).toBe(first.id);
    await page.goBack();
    await expect.poll(() => runSelect(page).inputValue()).toBe('current');
    await runSelect(page).selectOption(first.id);
    await page.waitForURL(`**run=${first.id}**`);
    await runSelect(page).selectOption('current');
    await expect.poll(() => new URL(page.url()).searchParams.has('run')).toBe(false);
    await expect.poll(() => inRun(page), { timeout: 20_000 }).toBe(await inApi(server, second));
  });

  it('is waited for, and where there is none of that name the page says so and leads back', async () => {
    const { server } = await twoRuns();
    // The browser itself complains of an answer 404.
    const page = await blankPage(browser);
    const answer = await heldBack(page, '**/api/runs/r0');
    await page.goto(`${server.url}/?run=r0`);
    await page.getByRole('status').getByText('Asking the server for run r0').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    answer();
    await page.getByRole('alert').getByText('there is no run r0').waitFor();
    expect(await page.locator('#layers').count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    const again = page.waitForRequest('**/api/runs/r0');
    await page.getByRole('button', { name: 'Try again' }).click();
    await again;
    await page.getByRole('button', { name: 'Look at what happens now' }).click();
    await page.locator('#layers').waitFor();
    expect(new URL(page.url()).searchParams.has('run')).toBe(false);
  });

  it('can be left as it is while the list of runs does not come', async () => {
    const { server, second } = await twoRuns();
    const page = await blankPage(browser);
    await page.route('**/api/runs', (route) => route.abort());
    await page.goto(server.url);
    await page.getByText('runs not asked').waitFor();
    expect(await runSelect(page).locator('option').allTextContents()).toEqual([`now: ${second.name}`]);
    await expect.poll(() => inRun(page), { timeout: 20_000 }).toBe(await inApi(server, second));
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('is shown whole by a button where the last minutes have nothing of it', async () => {
    let laterMs = 0;
    const server = await start({ dashboard: built.directory }, { now: () => Date.now() + laterMs });
    await playAll(server);
    laterMs = 600_000;
    const page = await opened(browser, `${server.url}/?min=1`);
    await page
      .locator('#quiet')
      .getByText(/No request came in the last 1.min. The run ended 10.min/)
      .waitFor();
    const run = await getJson<RunInfo>(server, '/api/runs/current');
    await page.getByRole('button', { name: 'Look at all of the run' }).click();
    await page.waitForURL(`**run=${run.id}&from=*&to=*`);
    await page.locator('#quiet').waitFor({ state: 'detached' });
    const { endToEnd } = await getJson<Summary>(server, `/api/runs/${run.id}/summary`);
    const p50 = page.locator('#layers [data-layer="endToEnd"] [data-q="p50"]');
    const within = async () => Number.parseFloat(plain(await p50.textContent())) / (endToEnd.p50! / 1e6);
    await expect.poll(within, { timeout: 20_000 }).toBeGreaterThan(0.98);
    expect(await within()).toBeLessThan(1.02);
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
