/** The page of requests in a real browser, against a real server with a recording that ships. */
import { readFile } from 'node:fs/promises';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ChromeTrace } from '../../dashboard/chrome-trace.ts';
import { formatDuration, formatShift } from '../../dashboard/format.ts';
import { tcpdumpFilter } from '../../dashboard/request-export.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import type { PathView, Summary } from '../../server/wire/views.ts';
import { getJson, type Started, start } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { accessibilityFaults, launchBrowser } from './live-page.ts';
import { blankPage, checkLooks, heldBack, opened, plain, replayed, scriptBytes } from './replayed.ts';

// A browser on two busy cores is slow.
vi.setConfig({ testTimeout: 240_000 });

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

const listed = (server: Started, query: string) => getJson<PathView[]>(server, `/api/runs/current/paths?${query}`);
const nsOf = (path: PathView, layer: string) => path.layers.find((l) => l.layer === layer)!.ns;

/** The ids of the rows, as they are listed. */
const rowIds = (page: Page) =>
  page.locator('[data-path]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-path')));

describe('the list of requests', () => {
  it('has the slowest of the run as the API has them, and opens them by keyboard, one after the other', async () => {
    const server = await replayed(built);
    const slowest = await listed(server, 'order=slowest&limit=100');
    const page = await opened(browser, `${server.url}/requests`);
    await page.locator('[data-path]').first().waitFor();
    expect(await rowIds(page)).toEqual(slowest.map(({ id }) => id));
    const first = page.locator(`[data-path="${slowest[0]!.id}"]`);
    expect(plain(await first.textContent())).toContain(plain(formatDuration(slowest[0]!.endToEndNs)));
    await first.locator('.expander').focus();
    await page.keyboard.press('Enter');
    const total = page.locator('#exchange .headline');
    await total.getByText(/\d/).waitFor();
    expect(await total.textContent()).toBe(formatDuration(slowest[0]!.endToEndNs));
    await page.waitForURL(`**id=${slowest[0]!.id}`);
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(`**id=${slowest[1]!.id}`);
    await total.filter({ hasText: formatDuration(slowest[1]!.endToEndNs) }).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('#exchange').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.id')).toBe(`open-${slowest[1]!.id}`);
  });

  it('opens from a link as it was left: order, filters, and the exchange in view', async () => {
    const server = await replayed(built);
    const overNs = 5_000_000;
    const expected = await listed(
      server,
      `order=newest&limit=100&path=GET&status=2xx&layer=wait&over=${overNs}&vm=web1`,
    );
    expect(expected.length).toBeGreaterThan(0);
    const link = `/requests?order=newest&path=GET&status=2xx&layer=wait&over=${overNs}&vm=web1&id=${expected[0]!.id}`;
    const page = await opened(browser, `${server.url}${link}`);
    await page.locator('#exchange [data-bar]').first().waitFor();
    expect(await rowIds(page)).toEqual(expected.map(({ id }) => id));
    expect(await page.getByRole('radio', { name: 'newest' }).isChecked()).toBe(true);
    expect(await page.getByRole('combobox', { name: 'Layer' }).inputValue()).toBe('wait');
    expect(await page.getByRole('combobox', { name: 'Status' }).inputValue()).toBe('2xx');
    expect(await page.getByRole('textbox', { name: 'over' }).inputValue()).toBe('5.00 ms');
    expect(new URL(page.url()).searchParams.get('over')).toBe(String(overNs));
  });

  it('is narrowed by what is typed, refuses what is no duration, and says when nothing fits', async () => {
    const server = await replayed(built);
    const page = await opened(browser, `${server.url}/requests`);
    const over = page.getByRole('textbox', { name: 'over' });
    await page.getByRole('combobox', { name: 'Layer' }).selectOption('vnic.in');
    await over.fill('2 ms');
    await over.press('Enter');
    await page.waitForURL('**layer=vnic.in&over=2000000**');
    const expected = await listed(server, 'order=slowest&limit=100&layer=vnic.in&over=2000000');
    await expect.poll(() => rowIds(page), { timeout: 20_000 }).toEqual(expected.map(({ id }) => id));
    expect(expected.every((path) => nsOf(path, 'vnic.in')! >= 2_000_000)).toBe(true);
    await over.fill('soon');
    await over.press('Enter');
    expect(await over.evaluate((input) => (input as HTMLInputElement).validationMessage)).toContain('1.2 ms');
    await over.fill('99 s');
    await over.press('Enter');
    await page.getByRole('heading', { name: 'None that fits' }).waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.locator('[data-path]').first().waitFor();
    await page.getByRole('radio', { name: 'failed' }).check({ force: true });
    await page.getByText('No request that is kept of this run failed').waitFor();
    await page.getByRole('radio', { name: 'random' }).check({ force: true });
    await page.locator('[data-path]').first().waitFor();
    const drawn = await rowIds(page);
    expect(drawn).toEqual((await listed(server, 'order=random&limit=100&seed=1')).map(({ id }) => id));
    await page.getByRole('button', { name: 'Draw again' }).click();
    await page.waitForURL('**seed=2');
  });
});

describe('an exchange', () => {
  it('is told layer by layer against the run, with host and guest above each other', async () => {
    const server = await replayed(built);
    const [path] = (await listed(server, 'order=slowest&limit=1')) as [PathView];
    const summary = await getJson<Summary>(server, '/api/runs/current/summary');
    const page = await opened(browser, `${server.url}/requests?id=${path.id}`);
    const medianOf = (layer: string) => summary.layers.find((l) => l.layer === layer)!.p50!;
    await page.locator('.most').waitFor();
    for (const { layer } of LAYERS) {
      const cells = await page.locator(`#exchange [data-bar="${layer}"] td`).allTextContents();
      const more = nsOf(path, layer)! - medianOf(layer);
      expect(cells.at(-1), layer).toContain(formatShift(more));
      expect(cells.at(-2), layer).toBe(formatDuration(medianOf(layer)));
    }
    const most = LAYERS.map(({ layer }) => layer).reduce((a, b) =>
      nsOf(path, b)! - medianOf(b) > nsOf(path, a)! - medianOf(a) ? b : a,
    );
    expect(await page.locator('.why').textContent()).toContain(
      `${most} took ${formatDuration(nsOf(path, most)! - medianOf(most))} more`,
    );
    expect(await page.locator('[data-lane="host"] [data-lane-bar]').count()).toBe(5);
    expect(await page.locator('[data-lane="crosses"] .lane-whisker').count()).toBe(2);
    expect(await page.locator('[data-lane="guest"] [data-lane-bar]').count()).toBe(4);
    expect(plain(await page.locator('[data-bar="wait"] .num').nth(1).getAttribute('title'))).toBe(
      `${String(nsOf(path, 'wait')).replace(/\B(?=(\d{3})+$)/g, ' ')} ns`,
    );
    expect(await page.locator('[data-fact="Client"] dd').textContent()).toBe(
      `${path.client.address}:${path.client.port}`,
    );
  });

  it('shows what else went over its connection, and leads there', async () => {
    const server = await replayed(built);
    const [path] = (await listed(server, 'order=slowest&limit=1')) as [PathView];
    const around = await getJson<PathView[]>(server, `/api/paths/${path.id}/neighbours?limit=15`);
    expect(around.length).toBe(15);
    const page = await opened(browser, `${server.url}/requests?id=${path.id}`);
    const rows = page.locator('.neighbours tbody tr');
    await rows.first().waitFor();
    const totals = await rows.locator('td:last-child').allTextContents();
    expect(totals).toEqual(around.map(({ endToEndNs }) => formatDuration(endToEndNs)));
    const other = around.find(({ id }) => id !== path.id)!;
    await rows.nth(around.indexOf(other)).getByRole('button').click();
    await page.waitForURL(`**id=${other.id}`);
    await page
      .locator('#exchange .headline')
      .filter({ hasText: formatDuration(other.endToEndNs) })
      .waitFor();
  });

  it('can be taken along: tcpdump filter, Chrome trace, CSV; and leads to its trace and its walk', async () => {
    const traceUrl = 'https://traces.example/?client={client}&port={clientPort}&from={fromMs}';
    const server = await replayed(built, { traceUrl });
    const [path] = (await listed(server, 'order=slowest&limit=1')) as [PathView];
    const page = await opened(browser, `${server.url}/requests?id=${path.id}`);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy tcpdump filter' }).click();
    await page.getByRole('status').getByText('Filter copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(tcpdumpFilter(path));
    const trace = JSON.parse((await saved(page, 'Perfetto JSON')).toString('utf8')) as ChromeTrace;
    const sum = LAYERS.reduce(
      (all, { layer }) => all + trace.traceEvents.find((e) => e.name === layer)!.dur! * 1000,
      0,
    );
    expect(Math.round(sum)).toBe(path.endToEndNs);
    const rows = (await saved(page, 'Waterfall CSV')).toString('utf8').trimEnd().split('\r\n');
    expect(rows.find((row) => row.startsWith('wait,'))?.split(',')[3]).toBe(String(nsOf(path, 'wait')));
    const list = (await saved(page, 'CSV')).toString('utf8').trimEnd().split('\r\n');
    expect(list).toHaveLength(101);
    expect(list[1]).toContain(`,${path.endToEndNs},`);
    const around = await getJson<PathView[]>(server, `/api/paths/${path.id}/neighbours?limit=15`);
    const connection = (await saved(page, 'Connection CSV')).toString('utf8').trimEnd().split('\r\n');
    expect(connection.slice(1).map((row) => row.split(',')[0])).toEqual(around.map(({ id }) => id));
    const href = await page.getByRole('link', { name: 'Trace' }).getAttribute('href');
    expect(href).toMatch(`https://traces.example/?client=${path.client.address}&port=${path.client.port}&from=`);
    await page.getByRole('link', { name: 'Walk this request' }).click();
    await page.waitForURL(`**/path?**request=${path.id}**`);
  });

  it('has no link to a trace where nobody said where traces are', async () => {
    const server = await replayed(built);
    const [path] = (await listed(server, 'order=slowest&limit=1')) as [PathView];
    const page = await opened(browser, 'about:blank');
    const told = page.waitForResponse('**/api/settings');
    await page.goto(`${server.url}/requests?id=${path.id}`);
    await (await told).finished();
    await page.locator('.neighbours').waitFor();
    expect(await page.getByRole('link', { name: 'Trace' }).count()).toBe(0);
  });
});

async function saved(page: Page, button: string): Promise<Buffer> {
  const [file] = await Promise.all([
    page.waitForEvent('download') as Promise<Download>,
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  return readFile(await file.path());
}

describe('the page of requests without an answer', () => {
  it('says that there is no request yet, and what to do', async () => {
    const server = await start({ dashboard: built.directory });
    const page = await opened(browser, `${server.url}/requests`);
    await page.getByRole('heading', { name: 'No request yet' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('says that it is asking', async () => {
    const server = await replayed(built);
    const page = await opened(browser, 'about:blank');
    const answer = await heldBack(page, '**/paths?*');
    await page.goto(`${server.url}/requests`);
    await page.getByRole('status').getByText('Asking the server for requests').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    answer();
    await page.locator('[data-path]').first().waitFor();
  });

  it('says what went wrong in the words of the API, and asks again', async () => {
    const server = await replayed(built);
    // The browser itself complains of an answer 404.
    const page = await blankPage(browser);
    await page.goto(`${server.url}/requests?run=r0&id=r0.1`);
    await page.getByRole('alert').getByText('there is no run r0').waitFor();
    await page.getByRole('alert').getByText('path r0.1 is not kept').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    const again = page.waitForRequest('**/api/runs/r0/paths*');
    await page.locator('#list').getByRole('button', { name: 'Try again' }).click();
    await again;
  });

  it('says how old it is once the server is silent, and keeps what it has', async () => {
    const server = await replayed(built);
    const page = await blankPage(browser);
    await page.goto(`${server.url}/requests`);
    await page.locator('[data-path]').first().waitFor();
    const before = await rowIds(page);
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('alert').getByText('The server does not answer').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/\d.s old/);
    expect(await rowIds(page)).toEqual(before);
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

describe('the page of requests', () => {
  it('can be read by everybody, dark and light, wide and narrow, with an exchange open', async () => {
    const server = await replayed(built);
    const [path] = (await listed(server, 'order=slowest&limit=1')) as [PathView];
    const page = await opened(browser, `${server.url}/requests?id=${path.id}`);
    await page.locator('.most').waitFor();
    await page.locator('.neighbours').waitFor();
    await checkLooks(page, 'requests');
  });

  it('needs no more than 160 KB of script', async () => {
    const server = await replayed(built);
    const bytes = await scriptBytes(browser, `${server.url}/requests`, '[data-path]');
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(160 * 1024);
  });
});
