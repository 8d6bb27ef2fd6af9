/** The page of objectives in a real browser: from the alert to the report. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyReport } from '../../server/report/verify.ts';
import { breached, SLOW_VNIC } from '../server/breached-server.ts';
import { afterwards, start } from '../server/running-server.ts';
import { type BuiltPage, buildPage, ROOT } from './built-page.ts';
import { accessibilityFaults, collectProblems, launchBrowser } from './live-page.ts';

// A browser on two busy cores is slow.
vi.setConfig({ testTimeout: 120_000 });

const PICTURES = join(ROOT, 'tests/artifacts');
let built: BuiltPage;
let browser: Browser;

beforeAll(async () => {
  built = await buildPage();
  browser = await launchBrowser();
  await mkdir(PICTURES, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
  await built.remove();
});

async function opened(url: string, look: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...look });
  afterwards(() => context.close());
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const problems = collectProblems(page);
  afterwards(() => expect(problems).toEqual([]));
  await page.goto(url);
  return page;
}

describe('the page of objectives', () => {
  it('leads from the alert to the guilty layer and its report', async () => {
    const { server } = await breached(SLOW_VNIC, { dashboard: built.directory });
    const page = await opened(`${server.url}/`);
    // Three clicks: the page, the episode, the report.
    await page.getByRole('link', { name: 'SLA' }).click();
    const fast = page.locator('tr[data-objective="web-fast"]');
    await fast.locator('text=page page-1h firing').waitFor();
    expect(await fast.innerText()).toContain('missed');
    expect(await page.locator('tr[data-objective="web-available"]').innerText()).toContain('kept');
    await page.locator('tr[data-episode^="web-fast"]').getByRole('button', { name: 'Whose is it?' }).click();
    const verdict = page.locator('.verdict');
    await verdict.waitFor();
    expect(await verdict.getAttribute('data-side')).toBe('platform');
    expect(await verdict.getAttribute('data-part')).toBe('vnic');
    expect(await page.locator('.attribution tr[data-part="vnic"]').innerText()).toMatch(
      /platform.*(9\d\.\d|100\.0)\s%/s,
    );
    expect(await page.locator('.lanes').count()).toBe(1);
    await page.screenshot({ path: join(PICTURES, 'sla-episode.png'), fullPage: true });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Report' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^hopscope-web-fast-.*\.html$/);
    const file = join(PICTURES, 'sla-report.html');
    await download.saveAs(file);
    const verified = verifyReport(await readFile(file, 'utf8'));
    expect(verified.ok).toBe(true);
    const offline = await opened(`file://${file}`, { offline: true });
    expect(await offline.locator('.verdict.platform').innerText()).toContain('vNIC');
    await offline.screenshot({ path: join(PICTURES, 'sla-report.png'), fullPage: true });
  });

  it('opens an episode by its address, and leads from it to a request', async () => {
    const { server, episode } = await breached(SLOW_VNIC, { dashboard: built.directory });
    const page = await opened(`${server.url}/sla?${new URLSearchParams({ episode: episode.id })}`);
    await page.locator('.exemplars a').first().click();
    await page.locator('#exchange, .exchange, [data-exchange]').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/requests');
    expect(new URL(page.url()).searchParams.get('id')).toMatch(/\.\d+$/);
  });

  it('has no fault that axe knows, light and dark, with an episode open', async () => {
    const { server, episode } = await breached(SLOW_VNIC, { dashboard: built.directory });
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await opened(`${server.url}/sla?${new URLSearchParams({ episode: episode.id })}`, { colorScheme });
      await page.locator('.attribution').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
    }
  });

  it('says what to do where nothing is promised', async () => {
    const page = await opened(`${(await start({ dashboard: built.directory })).url}/sla`);
    await page.locator('text=Nothing is promised yet').waitFor();
    expect(await page.locator('main').innerText()).toContain('--objectives');
  });
});
