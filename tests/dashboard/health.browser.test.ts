/** The page of health in a real browser: what the API says, what is wrong, and what to do about it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { healthLines } from '../../server/top/health-lines.ts';
import { plainStyle } from '../../server/top/style.ts';
import type { Health } from '../../server/wire/views.ts';
import { breached, SLOW_VNIC } from '../server/breached-server.ts';
import { Listener } from '../server/notify/listener.ts';
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

  it('says who is told of alerts and who is not, attempt by attempt, and what to do about it', async () => {
    const [well, strict, closed] = [
      await Listener.start(),
      await Listener.start(...Array.from({ length: 99 }, () => 403)),
      await Listener.start(),
    ];
    const gone = { url: closed.url };
    await closed.close();
    const receiver = ({ url }: { url: string }) => ({ kind: 'webhook' as const, name: url, url, authorization: null });
    const receivers = [well, strict, gone].map(receiver);
    const { server } = await breached(SLOW_VNIC, { dashboard: built.directory, receivers });
    await Promise.all([well.until(({ length }) => length > 0), strict.until(({ length }) => length > 0)]);
    const page = await opened(server.url);
    const row = (of: { url: string }) => page.locator(`tr[data-receiver="${of.url}"]`);
    await row(well)
      .getByText(/✓ told \d+.s ago/)
      .waitFor();
    await row(strict)
      .getByText(/✕ not told for .*: status 403 because of that/)
      .waitFor();
    await row(gone)
      .getByText(/✕ not told for .*: .*ECONNREFUSED/)
      .waitFor();
    const { notify } = await getJson<Health>(server, '/api/health');
    for (const { to, delivered, refused, waiting } of notify!) {
      const cells = await page.locator(`tr[data-receiver="${to}"] td`).allInnerTexts();
      expect([cells[1], cells[3], cells[4]]).toEqual([delivered, refused, waiting].map(String));
    }
    expect(notify!.map(({ delivered }) => delivered > 0)).toEqual([true, false, false]);
    const findings = page.locator('#findings li[data-tone="bad"]');
    expect(await findings.filter({ hasText: strict.url }).innerText()).toMatch(
      /given up[\s\S]*its address and its token/,
    );
    expect(await findings.filter({ hasText: gone.url }).innerText()).toMatch(/tried again[\s\S]*look whether it runs/);
    expect(await findings.filter({ hasText: well.url }).count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(server.url);
    const cell = page.locator('.cell').filter({ hasText: '2 of 3 not told' });
    await cell.locator('summary').click();
    await cell.getByRole('link', { name: 'What to do about it' }).click();
    await page.waitForURL('**/health#findings');
    const lines = healthLines(await getJson<Health>(server, '/api/health'), plainStyle);
    expect(lines.at(-1)).toContain(`NOT TOLD webhook ${strict.url}: status 403`);
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
