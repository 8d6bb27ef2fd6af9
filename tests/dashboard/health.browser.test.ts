/** The page of health in a real browser: what the API says, what is wrong, and what to do about it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Health } from '../../server/wire/views.ts';
import { afterwards, getJson } from '../server/running-server.ts';
import { type BuiltPage, buildPage, ROOT } from './built-page.ts';
import { fed, REASON } from './fed-server.ts';
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
  await page.goto(`${url}/health`);
  await page.locator('#queues').waitFor();
  return page;
}

describe('the page of health', () => {
  it('names agents, stations and every queue of the API, and what a missing station costs', async () => {
    const { server, send } = await fed(built, 'sock.ready');
    await send(50);
    const page = await opened(server.url);
    const health = await getJson<Health>(server, '/api/health');
    for (const { id, hostname, version } of health.agents) {
      const row = await page.locator(`tr[data-agent="${id}"]`).innerText();
      for (const fact of [hostname, version, 'connected']) expect(row).toContain(fact);
    }
    const queues = await page
      .locator('tr[data-queue]')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-queue')));
    expect(queues.toSorted()).toEqual([...Object.keys(health.drops), 'page.malformed'].toSorted());
    expect(await page.locator('#queues').innerText()).not.toContain('not described here');
    const lost = page.locator('tr[data-station="sock.ready"]');
    expect(await lost.first().innerText()).toContain(REASON);
    const finding = await page.locator('#findings li').filter({ hasText: 'station sock.ready is missing' }).innerText();
    expect(finding).toContain('never guessed');
    expect(finding).toContain(REASON);
  });

  it('says that an agent went away, and since when, and that it is back', async () => {
    const { server, guest, send } = await fed(built);
    await send(50);
    const page = await opened(server.url);
    const away = page.locator('#findings li[data-tone="bad"]').filter({ hasText: /the guest agent of .* is away for/ });
    expect(await away.count()).toBe(0);
    await guest.close();
    await away.waitFor();
    await page.locator('#gaps').getByText('lasting').waitFor();
  });

  it.each([
    ['light', 1440],
    ['dark', 390],
  ] as const)('can be read by everybody, %s at %i px', async (colorScheme, width) => {
    const { server, send } = await fed(built, 'sock.ready');
    await send(50);
    const page = await opened(server.url, { colorScheme, viewport: { width, height: 900 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.screenshot({ path: join(PICTURES, `health-${width}-${colorScheme}.png`), fullPage: true });
  });
});
