/** The page of objectives in a real browser: from a firing alert to the guilty layer, its requests and its report. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exactDuration, formatCount, formatDuration, join } from '../../dashboard/format.ts';
import { burnQuantity, shareCut, shareExact } from '../../dashboard/slo-words.ts';
import { partName, permilleQuantity } from '../../dashboard/verdict-words.ts';
import type { EpisodeView, SloEpisode } from '../../server/wire/episode-views.ts';
import type { SloView } from '../../server/wire/slo-views.ts';
import type { PathView } from '../../server/wire/views.ts';
import { breached, OBJECTIVES, SLOW_SERVICE, SLOW_VNIC } from '../server/breached-server.ts';
import { afterwards, getJson, type Started, start } from '../server/running-server.ts';
import { type BuiltPage, buildPage, ROOT } from './built-page.ts';
import { accessibilityFaults, collectProblems, launchBrowser } from './live-page.ts';
import { painted } from './pixels.ts';
import { blankPage, checkLooks, heldBack, opened, plain } from './replayed.ts';

// A browser on two busy cores is slow.
vi.setConfig({ testTimeout: 240_000 });

const execute = promisify(execFile);
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

const viewOf = (server: Started, { id }: SloEpisode) =>
  getJson<EpisodeView>(server, `/api/slo/episodes/${encodeURIComponent(id)}`);
const textOf = async (page: Page, selector: string) => plain(await page.locator(selector).textContent());

/** Whoever leaves a page leaves its open questions, too. */
async function walked(url: string): Promise<Page> {
  const page = await blankPage(browser);
  const problems = collectProblems(page);
  afterwards(() => expect(problems.filter((problem) => !problem.endsWith('net::ERR_ABORTED'))).toEqual([]));
  await page.goto(url);
  return page;
}

describe('an alert that fires', () => {
  it('leads from any page to the guilty layer and its worst request in three clicks', async () => {
    const { server, episode } = await breached(SLOW_VNIC, { dashboard: built.directory });
    const { verdict, data } = await viewOf(server, episode);
    expect(verdict.part).toBe('vnic');
    const page = await walked(`${server.url}/runs`);
    await page.locator('.breach-badge').click();
    await page.locator(`[data-episode="${episode.id}"] a`).click();
    await page.locator('#verdict-title').getByText('Platform: vNIC, both ways').waitFor();
    await page.locator('tr[data-part="vnic"]').getByRole('link', { name: 'vNIC' }).click();
    await page.locator('#exchange .headline').getByText(/\d/).waitFor();
    const at = new URL(page.url()).searchParams;
    expect(at.get('layer')).toBe('vnic.in');
    const chosen = data.bad.find(({ id }) => id === at.get('id'))!;
    expect(chosen.good).toBe(false);
    const path = await getJson<PathView>(server, `/api/paths/${chosen.id}`);
    expect(await textOf(page, '#exchange .headline')).toBe(plain(formatDuration(path.endToEndNs)));
    expect(at.get('run')).toBe(path.run);
  });

  it('stands in the live page’s strip of health, and leads straight to the breach', async () => {
    const { server, episode } = await breached(SLOW_VNIC, { dashboard: built.directory });
    const page = await walked(server.url);
    await page.locator('.cell').filter({ hasText: 'Objectives' }).locator('summary').click();
    await page.locator(`.cell a[href*="${encodeURIComponent(episode.id)}"]`).click();
    await page.locator('#attribution').waitFor();
    expect(new URL(page.url()).searchParams.get('episode')).toBe(episode.id);
  });

  it('is marked in the live page’s charts from its beginning on, and its mark leads to the breach', async () => {
    const { server, episode } = await breached(SLOW_VNIC, { dashboard: built.directory });
    const page = await walked(`${server.url}/?min=15`);
    const all = await getJson<SloEpisode[]>(server, '/api/slo/episodes');
    const marks = page.locator('[data-event="breach"]');
    await expect.poll(() => marks.count(), { timeout: 20_000 }).toBe(all.length);
    await page.locator('#events summary').click();
    const told = (await marks.allInnerTexts()).join('\n');
    for (const { objective } of all) expect(told).toContain(`${objective}, page-1h`);
    for (const chart of ['#latency', '#heat', '#rate']) {
      const bars = async () =>
        (await painted(page, `${chart} canvas`, ['bad'])).rows.bad!.flatMap((rows) => rows ?? []);
      await expect.poll(async () => (await bars()).length, { message: chart }).toBeGreaterThan(10);
    }
    const fromS = Math.floor(Math.min(...all.map(({ fromMs }) => fromMs)) / 1000);
    await page.goto(`${server.url}/?from=${fromS - 240}&to=${fromS}`);
    await page.locator('#range-state').filter({ hasText: 'As the server kept it' }).waitFor();
    expect(await marks.count()).toBe(0);
    expect((await painted(page, '#latency canvas', ['bad'])).rows.bad!.filter(Boolean)).toEqual([]);
    await page.keyboard.press('n');
    await page.locator('#events summary').click();
    await page.locator(`[data-event="breach"] a[href*="${encodeURIComponent(episode.id)}"]`).click();
    await page.locator('#attribution').waitFor();
    await page.getByRole('link', { name: 'Its requests' }).click();
    await page.locator('#request-range').getByText('only requests that began then').waitFor();
    const slow = (await page.locator('[data-path]').first().textContent())!;
    expect(Number.parseFloat(/([\d.]+).ms/.exec(slow)![1]!)).toBeGreaterThan(100);
  });
});

describe('the objectives', () => {
  it('have the numbers of the API: budget, burn in both windows, alerts, coverage, what is left out', async () => {
    const { server } = await breached(SLOW_VNIC, { dashboard: built.directory, objective: 'platform-fast' });
    const page = await opened(browser, `${server.url}/slo`);
    await page.locator('[data-objective]').first().waitFor();
    const { results } = await getJson<SloView>(server, '/api/slo');
    expect(results.length).toBe(4);
    for (const result of results) {
      const card = page.locator(`[data-objective="${result.objective}"]`);
      const shown = async () => plain(await card.innerText());
      await expect.poll(shown, { timeout: 30_000 }).toContain(plain(join(shareCut(result.budgetLeft, 1))));
      const text = await shown();
      expect(text).toContain(plain(result.promise));
      expect(text).toContain(plain(join(shareExact(result.target))));
      expect(text).toContain(plain(join(shareExact(result.achieved))));
      expect(text).toContain(`${result.counts.good} of ${result.counts.total} requests good`);
      expect(text).toMatch(/Measured\s+[\d.]+ %\s+\d+ of \d\d \d{3} minutes/);
      for (const { what, requests } of result.excluded)
        expect(text).toMatch(new RegExp(`${what}.*: ${requests} request`));
      for (const alert of result.alerts) {
        const row = plain(await card.locator(`[data-alert="${alert.rule}"]`).innerText());
        for (const { burn } of [alert.long, alert.short!]) expect(row).toContain(plain(join(burnQuantity(burn))));
        expect(row).toContain({ firing: 'firing since', pending: 'pending since', inactive: 'quiet' }[alert.state]);
      }
    }
    const platform = results.find(({ objective }) => objective === 'platform-fast')!;
    expect(platform.budgetLeft).toBeLessThan(0);
    expect(await textOf(page, '[data-objective="platform-fast"] .budget')).toMatch(/✕ −[\d ]+\.\d %/);
    const all = await getJson<SloEpisode[]>(server, '/api/slo/episodes');
    const rows = page.locator('[data-episode]');
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(all.length);
    for (const { id, counts } of all) {
      const row = plain(await page.locator(`[data-episode="${id}"]`).innerText());
      expect(row).toContain(`${formatCount(counts.bad)}\t${formatCount(counts.total)}`);
    }
  });
});

describe('a breach', () => {
  it('tells whose it is with the numbers of the API, and its shares add up', async () => {
    const { server, episode } = await breached(SLOW_VNIC, { dashboard: built.directory });
    const page = await opened(browser, `${server.url}/slo?episode=${encodeURIComponent(episode.id)}`);
    const told = (await (await page.waitForResponse('**/api/slo/episodes/web-fast*')).json()) as EpisodeView;
    const { verdict, data } = told;
    await page.locator('#attribution tbody').first().waitFor();
    expect(plain(await page.locator('.sentence').textContent())).toBe(plain(verdict.sentence));
    for (const { part, excessNs, permille } of verdict.parts) {
      const row = page.locator(`tr[data-part="${part}"]`);
      const text = plain(await row.textContent());
      expect(text).toContain(partName(part));
      expect(text).toContain(plain(formatDuration(excessNs)));
      expect(text).toContain(plain(join(permilleQuantity(permille))));
      expect(plain(await row.locator('[data-excess] .num').getAttribute('title'))).toBe(plain(exactDuration(excessNs)));
    }
    expect(await textOf(page, '[data-sum]')).toBe('100.0 %');
    const shares = await page.locator('tr[data-side] .share-number').allTextContents();
    const tenths = shares.map((text) => Math.round(10 * Number(plain(text).replace(' %', '').replace('−', '-'))));
    expect(tenths.reduce((sum, share) => sum + share, 0)).toBe(1000);
    for (const { what } of verdict.evidence) expect(await page.locator(`[data-evidence="${what}"]`).count()).toBe(1);
    expect(await page.locator('[data-exemplar][data-good="false"]').count()).toBe(5);
    const slowest = data.slowest[0]!;
    const first = page.locator('[data-exemplar]').first();
    expect(await first.getAttribute('data-exemplar')).toBe(slowest.id);
    expect(plain(await first.textContent())).toContain(plain(formatDuration(slowest.endToEndNs)));
    const lanes = page.locator('[data-lane]');
    expect(await lanes.count()).toBe(4 + data.lanes.length + data.neighbours.length);
    expect(plain(await lanes.first().textContent())).toMatch(/\d+, \d+ bad/);
    await page.getByText('Every minute as a table').click();
    await expect.poll(() => page.locator('.minutes tbody tr').count()).toBeGreaterThan(4);
    const minute = page.getByRole('slider', { name: 'Minute' });
    const before = await minute.getAttribute('aria-valuetext');
    await minute.press('ArrowLeft');
    await expect.poll(() => minute.getAttribute('aria-valuetext')).not.toBe(before);
  });

  it('becomes a report that opens offline and that hopscope slo verify holds for true', async () => {
    const { server, episode } = await breached(SLOW_VNIC, { dashboard: built.directory });
    const page = await opened(browser, `${server.url}/slo?episode=${encodeURIComponent(episode.id)}`);
    const link = page.getByRole('link', { name: 'Download the report' });
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(file.suggestedFilename()).toMatch(/^hopscope-web-fast-\d{4}-\d\d-\d\dT\d{4}Z\.html$/);
    const path = await file.path();
    expect(await readFile(path, 'utf8')).toContain('<!doctype html>');
    const verified = await execute(process.execPath, [`${ROOT}/hopscope.ts`, 'slo', 'verify', path]);
    expect(verified.stdout).toContain('every number follows from its data');
  });

  it('by status alone is said to be undetermined, and has its requests all the same', async () => {
    const { server, episode } = await breached(
      { status: 503, ...SLOW_SERVICE },
      { dashboard: built.directory, objective: 'web-available' },
    );
    const page = await opened(browser, `${server.url}/slo?episode=${encodeURIComponent(episode.id)}`);
    await page.locator('#verdict-title').getByText('Undetermined').waitFor();
    expect(await textOf(page, '#attribution')).toContain('Undetermined: the objective judges by status');
    expect(await page.locator('tr[data-part]').count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    const first = page.locator('[data-exemplar][data-good="false"]').first();
    const id = await first.getAttribute('data-exemplar');
    await first.getByRole('link').click();
    await page.locator('#exchange .headline').getByText(/\d/).waitFor();
    expect(new URL(page.url()).searchParams.get('id')).toBe(id);
  });
});

describe('the page of objectives without an answer', () => {
  it('says how to have objectives where there are none', async () => {
    const server = await start({ dashboard: built.directory });
    const page = await opened(browser, `${server.url}/slo`);
    await page.getByRole('heading', { name: 'No objectives' }).waitFor();
    await page.getByText('--objectives examples/objectives.yaml').waitFor();
    expect(await page.locator('.breach-badge').count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('says that it is asking, then that the server is silent, and keeps what it has', async () => {
    const server = await start({ dashboard: built.directory, objectives: OBJECTIVES });
    const page = await blankPage(browser);
    const answer = await heldBack(page, '**/api/slo');
    await page.goto(`${server.url}/slo`);
    await page.getByRole('status').getByText('Asking the server for the objectives').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    answer();
    await page.locator('[data-objective="web-fast"]').getByText('no data').waitFor();
    await page.getByText('No alert has fired').waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('alert').getByText('The server does not answer').waitFor();
    expect(await page.locator('[data-objective]').count()).toBe(4);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('says that there is no such breach, in the words of the API', async () => {
    const server = await start({ dashboard: built.directory, objectives: OBJECTIVES });
    // The browser itself complains of an answer 404.
    const page = await blankPage(browser);
    await page.goto(`${server.url}/slo?episode=web-fast@1`);
    await page.getByRole('alert').getByText('there is no episode web-fast@1').waitFor();
    const again = page.waitForRequest('**/api/slo/episodes/web-fast*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await again;
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

/** On the wall nothing is cut off either, and in high contrast everything has words. */
async function checkWalls(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ contrast: 'more' });
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.emulateMedia({ contrast: 'no-preference' });
  for (const width of [2560, 3840]) {
    await page.setViewportSize({ width, height: 1440 });
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth'), { timeout: 10_000 }).toBe(width);
    const folder = process.env.HOPSCOPE_SCREENSHOTS;
    if (folder) await page.screenshot({ path: `${folder}/${name}-${width}.png` });
  }
}

describe('the page of objectives', () => {
  it('can be read by everybody, dark and light, wide and narrow, and goes by keys', async () => {
    const { server, episode } = await breached(SLOW_VNIC, { dashboard: built.directory });
    const page = await walked(`${server.url}/health`);
    await page.getByRole('button', { name: 'Keys ?' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.locator('[data-episode]').first().waitFor();
    await checkLooks(page, 'slo');
    await checkWalls(page, 'slo');
    await page.keyboard.press('o');
    await page.locator('#attribution').waitFor();
    await page.goto(`${server.url}/slo?episode=${encodeURIComponent(episode.id)}`);
    await page.locator('#attribution tbody').first().waitFor();
    await checkLooks(page, 'slo-breach');
    await checkWalls(page, 'slo-breach');
    await page.keyboard.press('b');
    await page.locator('[data-objective]').first().waitFor();
  });
});
