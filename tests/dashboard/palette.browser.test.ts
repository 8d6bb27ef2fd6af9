/** Keys, the palette and the themes in a real browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { afterwards } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { fed } from './fed-server.ts';
import { accessibilityFaults, collectProblems, launchBrowser } from './live-page.ts';

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

async function opened(path: string): Promise<Page> {
  const { server, send } = await fed(built);
  await send(50);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  afterwards(() => context.close());
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const problems = collectProblems(page);
  // Whoever leaves a page leaves its open questions, too.
  afterwards(() => expect(problems.filter((problem) => !problem.endsWith('net::ERR_ABORTED'))).toEqual([]));
  await page.goto(`${server.url}${path}`);
  await page.getByRole('button', { name: 'Keys ?' }).waitFor();
  return page;
}

const themeOf = (page: Page) => page.evaluate('document.documentElement.dataset.theme');

describe('the keyboard', () => {
  it('lists its keys at ?, finds commands by typing, and runs them', async () => {
    const page = await opened('/');
    await page.locator('#layers').waitFor();
    await page.keyboard.press('?');
    const options = page.locator('#palette-list > div');
    expect(await options.count()).toBeGreaterThan(10);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.type('high contrast');
    await expect.poll(() => options.count()).toBe(1);
    await page.keyboard.press('Enter');
    await expect.poll(() => themeOf(page)).toBe('contrast');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.reload();
    expect(await themeOf(page)).toBe('contrast');
  });

  it('goes from page to page, and pauses the live one', async () => {
    const page = await opened('/health');
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.locator('#layers').waitFor();
    await page.keyboard.press('p');
    await page.getByRole('alert').getByText('Paused at').waitFor();
    await page.keyboard.press('q');
    await page.keyboard.press('1');
    await page.waitForURL('**/?q=p50&**');
    await page.keyboard.press('g');
    await page.keyboard.press('u');
    await page.waitForURL('**/runs');
  });

  it('lists the keys of the walk on the page of the path, which go on where single keys were turned off', async () => {
    const page = await opened('/path?step=nic.in');
    await page.locator('#map .stop').first().waitFor();
    await page.keyboard.press('?');
    const next = page.locator('#palette-list > div').filter({ hasText: 'Next step' });
    await expect.poll(() => next.innerText()).toMatch(/→/);
    await page.getByRole('checkbox').uncheck();
    await next.click();
    await page.waitForURL('**/*step=switch.in*');
    await page.keyboard.press('ArrowRight');
    await page.waitForURL('**/*step=vnic.in*');
  });

  it('leaves single keys alone where they were turned off, but for Ctrl K', async () => {
    const page = await opened('/health');
    await page.keyboard.press('Control+k');
    await page.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
  });
});
