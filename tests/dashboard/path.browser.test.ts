/** The guided walk in a real browser, against a real server with a recording that ships. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { boundedDuration, formatDuration, join } from '../../dashboard/format.ts';
import { STEP_IDS, stepsOf } from '../../dashboard/walk.ts';
import { STEP_WORDS } from '../../dashboard/walk-words.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import type { PathView, RunInfo, Summary } from '../../server/wire/views.ts';
import { getJson, type Started, start } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { fed } from './fed-server.ts';
import { accessibilityFaults, launchBrowser } from './live-page.ts';
import { blankPage, checkLooks, heldBack, opened, plain, replayed, scriptBytes } from './replayed.ts';

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

/** The one that the page has to walk. */
async function nearest(server: Started, quantile: 'p50' | 'p99', run = 'current'): Promise<PathView> {
  const query = `order=nearest&quantile=${quantile}&limit=20`;
  const paths = await getJson<PathView[]>(server, `/api/runs/${run}/paths?${query}`);
  return paths.find(({ complete }) => complete)!;
}

const heading = (page: Page, id: keyof typeof STEP_WORDS) =>
  page.locator('#step h2').filter({ hasText: STEP_WORDS[id].title });

describe('the walk', () => {
  it('goes with the median request through every step and back, at the times that the API tells', async () => {
    const server = await replayed(built);
    const path = await nearest(server, 'p50');
    const page = await opened(browser, `${server.url}/path`);
    await page.getByRole('heading', { name: 'nearest to the median' }).waitFor();
    expect(plain(await page.locator('#map .headline').textContent())).toBe(
      `end to end ${plain(formatDuration(path.endToEndNs))}`,
    );
    await page.getByRole('button', { name: 'Start' }).click();
    for (const one of stepsOf(path)) {
      await heading(page, one.id).waitFor();
      expect(new URL(page.url()).searchParams.get('step')).toBe(one.id);
      expect(await page.locator('[aria-current="step"]').getAttribute('data-stop')).toBe(one.id);
      expect(await page.locator('.place.here').getAttribute('data-place')).toBe(one.place);
      const shown = join(boundedDuration(one.ns, one.boundNs));
      expect(await page.locator('[data-step-time]').textContent(), one.id).toContain(shown);
      await page.keyboard.press('ArrowRight');
    }
    const inside = stepsOf(path).filter(({ share }) => share !== null);
    expect(inside.reduce((sum, { ns }) => sum + ns!, 0)).toBe(path.endToEndNs);
    expect(await page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    await page.keyboard.press('Home');
    await heading(page, STEP_IDS[0]!).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Walk with this request' }).waitFor();
  });

  it('opens from a link at its step, with the request that was chosen, and leads to its waterfall', async () => {
    const server = await replayed(built);
    const [path] = (await getJson<PathView[]>(server, '/api/runs/current/paths?order=slowest&limit=1')) as [PathView];
    const page = await opened(browser, `${server.url}/path?request=${path.id}&step=vnic.out`);
    await heading(page, 'vnic.out').waitFor();
    const one = stepsOf(path).find(({ id }) => id === 'vnic.out')!;
    expect(await page.locator('[data-step-time]').textContent()).toBe(join(boundedDuration(one.ns, one.boundNs)));
    expect(plain(await page.locator('.times').textContent())).toContain(
      `Proven error of the clock between host and VM: ${plain(formatDuration(path.boundNs))}`,
    );
    await page.getByRole('radio', { name: 'the p99' }).check({ force: true });
    await page.getByRole('heading', { name: 'nearest to the p99' }).waitFor();
    await page.waitForURL('**request=p99&step=vnic.out');
    const p99 = await nearest(server, 'p99');
    await page
      .locator('#map .headline')
      .filter({ hasText: formatDuration(p99.endToEndNs) })
      .waitFor();
    await page.getByRole('link', { name: 'Its waterfall' }).click();
    await page.waitForURL(`**/requests?**id=${p99.id}`);
  });

  it('goes where its stops are pressed, and draws lines as wide as the run’s means say', async () => {
    const server = await replayed(built);
    const page = await opened(browser, `${server.url}/path`);
    await page.locator('[data-stop="wait"]').click();
    await heading(page, 'wait').waitFor();
    const { layers, endToEnd } = await getJson<Summary>(server, '/api/runs/current/summary');
    for (const { layer } of LAYERS.filter((l) => l.layer !== 'transfer' && l.direction === 'in')) {
      const share = layers.find((l) => l.layer === layer)!.mean! / endToEnd.mean!;
      const flow = page.locator(`.hop:has([data-stop="${layer}"]) .flow.in`);
      expect(await flow.getAttribute('style'), layer).toContain(`--flow: ${(2 + 14 * share).toFixed(1)}px`);
    }
  });

  it('follows the run while it lasts, and stays with its request until another is asked for', async () => {
    const { server, send, keepSending } = await fed(built);
    await send(100);
    const page = await opened(browser, `${server.url}/path?step=service`);
    await heading(page, 'service').waitFor();
    const mean = page.locator('[data-run-mean]');
    const before = (await mean.textContent())!;
    const walked = await page.locator('#map small').first().textContent();
    await keepSending();
    await send(400, { slowerNs: 20_000_000 });
    await mean.filter({ hasNotText: before }).waitFor();
    expect(await page.locator('#map small').first().textContent()).toBe(walked);
    await page.getByRole('button', { name: 'Take another' }).click();
    await page
      .locator('#map .headline')
      .filter({ hasText: /2\d\.\d/ })
      .waitFor();
  });

  it('walks in another run', async () => {
    const server = await replayed(built);
    const [run] = (await getJson<RunInfo[]>(server, '/api/runs')) as [RunInfo];
    await server.pipeline.startRun('empty');
    const page = await opened(browser, `${server.url}/path`);
    await page.getByRole('heading', { name: 'No request to walk yet' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('combobox', { name: 'Run' }).selectOption(run.id);
    await page.getByRole('heading', { name: 'nearest to the median' }).waitFor();
    expect(new URL(page.url()).searchParams.get('run')).toBe(run.id);
  });

  it('moves its mark, and does not for those who want no movement', async () => {
    const server = await replayed(built);
    const page = await opened(browser, `${server.url}/path?step=service`);
    const mark = page.locator('.packet').first();
    await mark.waitFor();
    const moves = () => mark.evaluate((element) => getComputedStyle(element).animationName);
    expect(await moves()).toBe('along');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await moves()).toBe('none');
    await page.keyboard.press('ArrowRight');
    await heading(page, 'tcp.out').waitFor();
  });
});

describe('the walk without an answer', () => {
  it('says that it is asking', async () => {
    const server = await replayed(built);
    const page = await opened(browser, 'about:blank');
    const answer = await heldBack(page, '**/paths?*');
    await page.goto(`${server.url}/path`);
    await page.getByRole('status').getByText('Asking the server for a request to walk').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    answer();
    await page.getByRole('button', { name: 'Start' }).waitFor();
  });

  it('says what went wrong in the words of the API, and asks again', async () => {
    const server = await start({ dashboard: built.directory });
    // The browser itself complains of an answer 404.
    const page = await blankPage(browser);
    await page.goto(`${server.url}/path?request=r0.1`);
    await page.getByRole('alert').getByText('path r0.1 is not kept').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    const again = page.waitForRequest('**/api/paths/r0.1');
    await page.getByRole('button', { name: 'Try again' }).click();
    await again;
  });

  it('says how old its numbers are once the server is silent, and the walk goes on', async () => {
    const server = await replayed(built);
    const page = await blankPage(browser);
    await page.goto(`${server.url}/path?step=wait`);
    await heading(page, 'wait').waitFor();
    await page.locator('[data-run-mean]').filter({ hasText: /\d/ }).waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('alert').getByText('The server does not answer').waitFor();
    await page.keyboard.press('ArrowRight');
    await heading(page, 'service').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

describe('the page of the walk', () => {
  it('can be read by everybody, dark and light, wide and narrow, on its way', async () => {
    const server = await replayed(built);
    const page = await opened(browser, `${server.url}/path?request=p99&step=vnic.in`);
    await page.locator('[data-run-mean]').filter({ hasText: /\d/ }).waitFor();
    await checkLooks(page, 'path');
  });

  it('needs no more than 160 KB of script', async () => {
    const server = await replayed(built);
    const bytes = await scriptBytes(browser, `${server.url}/path`, '[data-stop]');
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(160 * 1024);
  });
});
