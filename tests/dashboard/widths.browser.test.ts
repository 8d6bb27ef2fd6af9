/** Every view from a phone to a wall screen, of both recordings that ship with Hopscope, in a real browser. */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { replay } from '../../server/replay.ts';
import type { RunInfo } from '../../server/wire/views.ts';
import { getJson, type Started } from '../server/running-server.ts';
import { type BuiltPage, buildPage, ROOT } from './built-page.ts';
import { fed } from './fed-server.ts';
import { launchBrowser } from './live-page.ts';
import { blankPage, opened, replayed } from './replayed.ts';

// A browser on two busy cores is slow.
vi.setConfig({ testTimeout: 180_000 });

const WIDTHS = [390, 1280, 1920, 3840];
/** What stands there when a view has its answers. */
const SHOWN: Record<string, string> = {
  '/': '[data-layer="endToEnd"] [data-count]',
  '/path': '#map .stop',
  '/requests': '#list tbody tr',
  '/requests?id=': '#exchange',
  '/hosts': 'main .vms li',
  '/runs': 'main tbody tr',
  '/compare': 'main .verdict',
  '/slo': 'main .empty',
  '/health': '#findings',
};

/** How many canvases are not as large as what they stand in. */
const LARGER_THAN_PLACE = `[...document.querySelectorAll('canvas')].filter(
  (canvas) => Math.abs(canvas.clientHeight - canvas.parentElement.clientHeight) > 1 ||
    Math.abs(canvas.clientWidth - canvas.parentElement.clientWidth) > 1).length`;

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

/** Both recordings, one run each. */
async function recorded(): Promise<{ server: Started; addresses: Record<string, string> }> {
  const server = await replayed(built);
  const file = join(ROOT, 'recordings/e1000.parquet');
  await replay(server.pipeline, { file, speed: Number.POSITIVE_INFINITY, signal: new AbortController().signal });
  const runs = await getJson<RunInfo[]>(server, '/api/runs');
  const [b, a] = runs.filter(({ exchanges }) => exchanges > 0) as [RunInfo, RunInfo];
  const [path] = await getJson<{ id: string }[]>(server, `/api/runs/${a.id}/paths?order=slowest&limit=1`);
  const own: Record<string, string> = {
    '/path': `/path?run=${a.id}&step=vnic.in`,
    '/requests': `/requests?run=${a.id}`,
    '/requests?id=': `/requests?run=${a.id}&id=${path!.id}`,
    '/compare': `/compare?a=${a.id}&b=${b.id}`,
  };
  return { server, addresses: Object.fromEntries(Object.keys(SHOWN).map((view) => [view, own[view] ?? view])) };
}

describe('every view', () => {
  it('is no wider than the page from 390 to 3840 px', async () => {
    const { server, addresses } = await recorded();
    // A recording has no hosts.
    const { server: attached, keepSending } = await fed(built);
    await keepSending();
    for (const [view, shown] of Object.entries(SHOWN)) {
      const page = await opened(browser, `${view === '/hosts' ? attached.url : server.url}${addresses[view]}`);
      await page.locator(shown).first().waitFor();
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: width < 640 ? 844 : Math.round((width * 9) / 16) });
        const reached = () => page.evaluate('document.documentElement.scrollWidth');
        await expect.poll(reached, { message: `${view} at ${width} px`, timeout: 10_000 }).toBe(width);
        await expect
          .poll(() => page.evaluate(LARGER_THAN_PLACE), { message: `canvases of ${view}`, timeout: 10_000 })
          .toBe(0);
        const folder = process.env.HOPSCOPE_SCREENSHOTS;
        const name = `width-${view.replaceAll(/\W+/g, '-')}-${width}`;
        if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: width < 640 });
      }
      await page.context().close();
    }
  });
});

/** The widest that a number can be, in every column that has numbers. */
const WIDEST = `(() => {
  const unit = (text) => '\\u00a0<span class="unit">' + text + '</span>';
  for (const row of document.querySelectorAll('#layers tr[data-layer^="vnic."]')) {
    const cells = [...row.querySelectorAll('td:not(.text)')];
    for (const at of [0, 1, 2, 4]) cells[at].innerHTML = '<span class="num">≤\\u00a0999' + unit('µs') + '</span>';
    cells[3].innerHTML = '▲<span class="num">+899' + unit('%') + '</span>';
    cells[5].innerHTML = '<span class="num">100.0' + unit('%') + '</span>';
    cells[6].innerHTML = '<span class="num">±\\u00a0999' + unit('µs') + '</span>';
  }
})()`;

describe('the table of layers', () => {
  it('has room for the widest numbers without scrolling, from a small laptop to a wall screen', async () => {
    const { server } = await recorded();
    const page = await opened(browser, server.url);
    await page.locator(SHOWN['/']!).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const over = `(() => {
      const table = document.querySelector('#layers .scroll');
      return table.scrollWidth - table.clientWidth;
    })()`;
    const [laptop, step, wall] = [1240, 20, 2880];
    const widths = Array.from({ length: (wall - laptop) / step + 1 }, (_, i) => laptop + i * step);
    for (const width of [...widths, 1799, 3840]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.evaluate(WIDEST);
      await expect.poll(() => page.evaluate(over), { message: `${width} px`, timeout: 5_000 }).toBeLessThanOrEqual(0);
    }
    // A phone has not: there the names stay while the numbers move.
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => page.evaluate(over)).toBeGreaterThan(0);
    await page.locator('#layers .scroll').evaluate((table) => table.scrollTo(200, 0));
    const left = (selector: string) =>
      page.locator(selector).evaluate((cell) => Math.round(cell.getBoundingClientRect().left));
    expect(await left('#layers tr[data-layer="service"] th')).toBe(await left('#layers .scroll'));
  });
});

describe('all VMs, by the name that the live page gives them', () => {
  it.each([
    ['/path', '#map .stop'],
    ['/requests', '#list tbody tr'],
  ])('are what %s shows', async (path, shown) => {
    const { server } = await recorded();
    const [run] = (await getJson<RunInfo[]>(server, '/api/runs')).filter(({ exchanges }) => exchanges > 0);
    const page = await blankPage(browser);
    await page.goto(`${server.url}${path}?run=${run!.id}&vm=*`);
    await page.locator(shown).first().waitFor();
    expect(await page.locator('label.choice select').nth(1).inputValue()).toBe('');
  });
});
