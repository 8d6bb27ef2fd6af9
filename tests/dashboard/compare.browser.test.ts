/** The pages of runs and of comparisons in a real browser, against a real server that was told of two runs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { formatShift } from '../../dashboard/format.ts';
import type { CompareView } from '../../server/wire/compare-views.ts';
import type { Summary } from '../../server/wire/views.ts';
import { afterwards, getJson, post, start } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { accessibilityFaults, collectProblems, launchBrowser } from './live-page.ts';
import { type TwoRuns, twoRuns } from './two-runs.ts';

// A browser on two busy cores is slow.
vi.setConfig({ testTimeout: 120_000 });

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

type Look = Parameters<Browser['newContext']>[0];

async function opened(url: string, look: Look = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...look });
  afterwards(() => context.close());
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const problems = collectProblems(page);
  afterwards(() => expect(problems).toEqual([]));
  await page.goto(url);
  return page;
}

const plain = (text: string | null) => (text ?? '').replaceAll(/[\u00a0\u202f]/g, ' ');

const comparisonOf = ({ server, a, b }: TwoRuns) =>
  getJson<CompareView>(server, `/api/compare?a=${a.id}&b=${b.id}`).then((view) => view.comparison);

/** The rendered comparison, its numbers there. */
async function compared({ server, a, b }: TwoRuns, more = '', look: Look = {}): Promise<Page> {
  const page = await opened(`${server.url}/compare?a=${a.id}&b=${b.id}${more}`, look);
  await page.locator('#shifts svg').waitFor();
  return page;
}

const SERVICE = { plusNs: { service: 50_000 } };

describe('the page of runs', () => {
  it('lists both with what they were made under, and leads to their comparison', async () => {
    const runs = await twoRuns(built, { requests: 300 });
    const page = await opened(`${runs.server.url}/runs`);
    const summary = await getJson<Summary>(runs.server, `/api/runs/${runs.a.id}/summary`);
    for (const { id, name } of [runs.a, runs.b]) {
      const row = page.locator(`tr[data-run="${id}"]`);
      await row.getByText('nothing lost').waitFor();
      const text = plain(await row.textContent());
      for (const fact of [name, 'virtio-net-pci virtio_net', '6.1.0-41-amd64', '500 req/s /', 'CPU full', 'tcg']) {
        expect(text).toContain(fact);
      }
      expect(plain(await row.locator('[data-requests]').textContent())).toBe(String(summary.endToEnd.count));
      expect(await row.locator('[data-q="p99"]').textContent()).toMatch(/\d.(µs|ms)/);
    }
    const listed = await page.locator('tbody th').allTextContents();
    expect(listed.map((text) => text.split('●')[0])).toEqual(['after', 'before']);
    const exported = await page.locator(`tr[data-run="${runs.a.id}"] a[download]`).getAttribute('href');
    expect((await fetch(`${runs.server.url}${exported}`)).headers.get('content-type')).toContain('parquet');
    // Before and after are chosen already; by keyboard, as everything.
    await page.getByRole('button', { name: 'Compare A with B' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/compare?a=${runs.a.id}&b=${runs.b.id}**`);
    await page.locator('.sentence').waitFor();
  });

  it('asks for the newest run again, and for the others once', async () => {
    const runs = await twoRuns(built, { requests: 300 });
    const asked: string[] = [];
    const page = await opened('about:blank');
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const again = () => page.waitForRequest((request) => request.url().endsWith(`${runs.b.id}/summary`));
    await Promise.all([again(), page.goto(`${runs.server.url}/runs`)]);
    await again();
    await again();
    const count = (id: string) => asked.filter((path) => path === `/api/runs/${id}/summary`).length;
    expect([count(runs.a.id), count(runs.b.id)]).toEqual([1, 3]);
    expect(sockets).toEqual([]);
  });

  it('does not compare a run with itself, and says how a second one begins', async () => {
    const runs = await twoRuns(built, { requests: 300 });
    const page = await opened(`${runs.server.url}/runs?a=${runs.b.id}&b=${runs.b.id}`);
    const button = page.getByRole('button', { name: 'Compare A with B' });
    expect(await button.isDisabled()).toBe(true);
    await page.getByRole('radio', { name: 'before as A' }).check();
    expect(await button.isEnabled()).toBe(true);
    const alone = await start({ dashboard: built.directory });
    await page.goto(`${alone.url}/runs`);
    await page.getByRole('heading', { name: 'there is one' }).waitFor();
    expect(await page.locator('code').textContent()).toContain(`curl -X POST ${alone.url}/api/runs`);
    expect(await button.count()).toBe(0);
  });
});

describe('the page of runs of a server with more than it has in memory', () => {
  it('shows the newest, and older ones when they are asked for', async () => {
    const store = await mkdtemp(join(tmpdir(), 'hopscope-older-'));
    afterwards(() => rm(store, { recursive: true }));
    const server = await start({ dashboard: built.directory, store });
    for (let i = 0; i < 35; i++) await post(server, '/api/runs', { name: `number ${i}` });
    const page = await opened(`${server.url}/runs`);
    const rows = page.locator('tr[data-run]');
    await expect.poll(() => rows.count()).toBe(32);
    await page.getByRole('button', { name: 'Show older runs' }).click();
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(36);
    expect(await page.getByRole('button', { name: 'Show older runs' }).count()).toBe(0);
    await page.locator('tbody th', { hasText: 'live' }).waitFor();
  });
});

describe('the page of a comparison', () => {
  it('tells the sentence, what was compared, and in which layer the difference is', async () => {
    const runs = await twoRuns(built, SERVICE);
    const comparison = await comparisonOf(runs);
    const page = await compared(runs, '&q=p50');
    expect(await page.locator('.sentence').textContent()).toBe(comparison.sentence);
    expect(comparison.sentence).toMatch(/after adds .* in service/);
    for (const [run, name] of [
      ['a', 'before'],
      ['b', 'after'],
    ] as const) {
      expect(plain(await page.locator(`[data-run="${run}"]`).textContent())).toContain(`${name} 2 500 requests`);
    }
    await page.getByText('Nothing that was recorded').waitFor();
    const verdict = (layer: string) => page.locator(`#numbers tr[data-layer="${layer}"] [data-verdict]`);
    expect(await verdict('service').getAttribute('data-verdict')).toBe('slower');
    expect(await page.locator('#shifts [data-layer="service"]').getAttribute('data-look')).toBe('slower');
    expect(await verdict('tcp.in').getAttribute('data-verdict')).toBe('open');
    const { shift } = comparison.shifts.find(({ layer, quantile }) => layer === 'service' && quantile === 0.5)!;
    expect(await page.locator('#numbers tr[data-layer="service"] .headline').textContent()).toBe(formatShift(shift));
    expect(await page.locator('#shares [data-layer="service"] > text').last().textContent()).toMatch(/^(9\d|10\d)\.\d/);
    expect(await page.locator('#ecdf path').count()).toBe(2);
    expect(await page.locator('#boxes [data-layer]').count()).toBeGreaterThanOrEqual(13);
  });

  it('keeps the chosen layer and quantile in its address, and opens there again', async () => {
    const runs = await twoRuns(built, SERVICE);
    const page = await compared(runs);
    await page.waitForURL(/q=p99$/);
    expect(await page.getByRole('radio', { name: 'p99.9' }).isDisabled()).toBe(true);
    await page.getByRole('radio', { name: 'p90' }).check({ force: true });
    await page.getByRole('combobox', { name: 'Layer' }).selectOption('service');
    await page.waitForURL(/layer=service&q=p90$/);
    const again = await opened(page.url());
    await again.getByRole('heading', { name: 'B against A at p90' }).waitFor();
    expect(await again.getByRole('combobox', { name: 'Layer' }).inputValue()).toBe('service');
    expect(await again.locator('#ecdf svg').getAttribute('aria-label')).toMatch(
      /^Distribution of service .* At p90 A has/,
    );
  });

  it('names what was varied', async () => {
    const nic = { nicModel: 'e1000', driver: 'e1000', nicApproach: 'full' } as const;
    const runs = await twoRuns(built, { requests: 400, plusNs: { 'vnic.in': 60_000 }, nic });
    const page = await compared(runs);
    await page.getByText('NIC was varied, and nothing beside it').waitFor();
    const row = page.locator('.differences tr').filter({ hasText: 'guest nicModel' });
    expect(await row.locator('td').allTextContents()).toEqual(['virtio-net-pci', 'e1000', 'NICvaried']);
    expect(await page.locator('.sentence').textContent()).toMatch(/^e1000 adds .* against virtio-net-pci/);
  });

  it('says that it is under way until the answer comes', async () => {
    const runs = await twoRuns(built, { requests: 300 });
    const page = await opened('about:blank');
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/compare?*', async (route) => {
      await asked;
      await route.continue();
    });
    await page.goto(`${runs.server.url}/compare?a=${runs.a.id}&b=${runs.b.id}`);
    await page.getByRole('status').getByText('Comparing').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    answer();
    await page.locator('.sentence').waitFor();
  });

  it('says why it refuses, and compares anyway when told to', async () => {
    const runs = await twoRuns(built, { ...SERVICE, requests: 60 });
    const page = await opened(`${runs.server.url}/compare?a=${runs.a.id}&b=${runs.b.id}`);
    await page.getByText('before has 60 requests: too few to compare').waitFor();
    expect(await page.locator('#shifts, #numbers').count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Compare anyway' }).click();
    await page.waitForURL(/force=1/);
    await page.locator('#doubts').getByText('compared by force although before has 60 requests').waitFor();
    await page.locator('#shifts svg').waitFor();
  });

  it('says what went wrong in the words of the API, and asks again', async () => {
    const runs = await twoRuns(built, SERVICE);
    const page = await opened(`${runs.server.url}/compare`);
    await page.getByRole('link', { name: 'Choose two runs' }).waitFor();
    // The browser itself complains of an answer 404.
    const context = await browser.newContext();
    afterwards(() => context.close());
    const lost = await context.newPage();
    await lost.goto(`${runs.server.url}/compare?a=r0&b=${runs.b.id}`);
    await lost.getByRole('alert').getByText('there is no run r0').waitFor();
    const asked = lost.waitForRequest(/api\/compare/);
    await lost.getByRole('button', { name: 'Try again' }).click();
    await asked;
    await lost.getByRole('alert').getByText('there is no run r0').waitFor();
  });
});

describe('what can be taken away from a comparison', () => {
  it('is every number of the API as CSV, the pictures as PNG, and a link', async () => {
    const runs = await twoRuns(built, SERVICE);
    const comparison = await comparisonOf(runs);
    const page = await compared(runs);
    const [head, ...rows] = (await saved(page, 'CSV')).toString('utf8').trimEnd().split('\r\n');
    expect(head).toBe('layer,quantile,a_ns,b_ns,shift_ns,low_ns,high_ns,band_low_ns,band_high_ns,detectable_ns,share');
    const expected = comparison.shifts.map((s) => {
      const share = comparison.shares.find(({ layer }) => layer === s.layer)?.share ?? '';
      const cells = [s.layer, s.quantile, s.a, s.b, s.shift, s.low, s.high, s.bandLow, s.bandHigh, s.detectable, share];
      return cells.join(',');
    });
    expect(rows).toEqual(expected);
    const png = await saved(page, 'PNG');
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    const width = png.readUInt32BE(16);
    expect(width).toBeGreaterThan(2_400);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('status').getByText('Link copied').waitFor();
  });
});

async function saved(page: Page, button: string): Promise<Buffer> {
  const [file] = await Promise.all([
    page.waitForEvent('download') as Promise<Download>,
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  return readFile(await file.path());
}

const LOOKS = [
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
  ['light', 1920],
] as const;

describe('both pages', () => {
  it('can be read by everybody, dark and light, wide and narrow, and nothing is wider than they are', async () => {
    const nic = { nicModel: 'e1000', driver: 'e1000', nicApproach: 'full' } as const;
    const names: [string, string] = ['virtio-net-pci', 'e1000'];
    const runs = await twoRuns(built, { plusNs: { 'vnic.in': 61_000, 'vnic.out': 33_000, wait: -4_000 }, nic, names });
    const page = await compared(runs);
    const list = await opened(`${runs.server.url}/runs`);
    await list.getByText('nothing lost').first().waitFor();
    for (const [colorScheme, width] of LOOKS) {
      for (const [name, each] of [
        ['compare', page],
        ['runs', list],
      ] as const) {
        await each.emulateMedia({ colorScheme });
        await each.setViewportSize({ width, height: 900 });
        // Pictures follow the window's size in the next frames.
        const reached = () => each.evaluate('document.documentElement.scrollWidth');
        await expect.poll(reached, { message: `width at ${width} px`, timeout: 10_000 }).toBe(width);
        expect(await accessibilityFaults(each), `${name}, ${colorScheme} at ${width} px`).toEqual([]);
        const folder = process.env.HOPSCOPE_SCREENSHOTS;
        if (folder) await each.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
  });
});
