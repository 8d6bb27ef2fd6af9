/** A real server with a recording that ships with Hopscope, all of it at once; and pages of it in a real browser. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { ServerOptions } from '../../server/options.ts';
import { replay } from '../../server/replay.ts';
import { afterwards, type Started, start } from '../server/running-server.ts';
import { type BuiltPage, ROOT } from './built-page.ts';
import { accessibilityFaults, collectProblems } from './live-page.ts';

const RECORDING = join(ROOT, 'recordings/virtio-net-pci.parquet');

export async function replayed(built: BuiltPage, options: Partial<ServerOptions> = {}): Promise<Started> {
  const server = await start({ dashboard: built.directory, ...options });
  await playAll(server);
  return server;
}

/** The recording as a run that is over at once. */
export async function playAll({ pipeline }: Started): Promise<void> {
  const signal = new AbortController().signal;
  await replay(pipeline, { file: RECORDING, speed: Number.POSITIVE_INFINITY, signal });
}

export type Look = NonNullable<Parameters<Browser['newContext']>[0]>;

/** A page in a context of its own, closed after the test. */
export async function blankPage(browser: Browser, look: Look = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, ...look });
  afterwards(() => context.close());
  context.setDefaultTimeout(60_000);
  return context.newPage();
}

/** The same at an address, and it may not complain until the test ends. */
export async function opened(browser: Browser, url: string, look: Look = {}): Promise<Page> {
  const page = await blankPage(browser, look);
  const problems = collectProblems(page);
  afterwards(() => expect(problems).toEqual([]));
  await page.goto(url);
  return page;
}

/** Holds back what the page asks for there until the function returned is called. */
export async function heldBack(page: Page, pattern: string): Promise<() => void> {
  let answer = () => {};
  const released = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route(pattern, async (route) => {
    await released;
    await route.continue();
  });
  return answer;
}

const LOOKS = [
  ['light', 1280],
  ['dark', 1920],
  ['light', 390],
  ['dark', 390],
] as const;

/** Dark and light, wide and narrow: axe finds nothing, and nothing is wider than the page. */
export async function checkLooks(page: Page, name: string): Promise<void> {
  for (const [colorScheme, width] of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 1000 });
    const reached = () => page.evaluate('document.documentElement.scrollWidth');
    await expect.poll(reached, { message: `width at ${width} px`, timeout: 10_000 }).toBe(width);
    expect(await accessibilityFaults(page), `${name}, ${colorScheme} at ${width} px`).toEqual([]);
    const folder = process.env.HOPSCOPE_SCREENSHOTS;
    if (folder) await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: width < 640 });
  }
}

/** What a page needs of scripts before it shows something, bytes after gzip. */
export async function scriptBytes(browser: Browser, url: string, shown: string): Promise<number> {
  const page = await blankPage(browser);
  const bodies: Promise<Buffer>[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') bodies.push(response.body());
  });
  await page.goto(url);
  await page.locator(shown).first().waitFor();
  return (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
}

export const plain = (text: string | null): string => (text ?? '').replaceAll(/[\u00a0\u202f]/g, ' ');
