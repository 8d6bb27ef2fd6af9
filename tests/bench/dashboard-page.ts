/** The live page in a real browser, and what it says of itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { installProbe, type PageFrame, type PageMessage } from './dashboard-probe.ts';

/** All VMs together, whole quarter of an hour. */
const ADDRESS = '/?q=p99&min=15';
export const ERRORS = '[data-errors]';
export const END_TO_END = ['p50', 'p90', 'p99'].map((q) => `[data-layer="endToEnd"] [data-q="${q}"]`);
const PATIENCE_MS = 30_000;

export interface Opened {
  firstPaintMs: number;
  /** From the navigation on until numbers of requests stood there. */
  numbersMs: number;
  /** Scripts that it loaded until then, after gzip. */
  scriptBytes: number;
}

export class LivePage {
  readonly #page: Page;
  readonly #devtools: CDPSession;

  private constructor(page: Page, devtools: CDPSession) {
    this.#page = page;
    this.#devtools = devtools;
  }

  static async open(browser: Browser, port: number): Promise<{ page: LivePage; opened: Opened }> {
    const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
    const page = await context.newPage();
    await page.addInitScript(installProbe);
    const scripts: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.push(response.body());
    });
    const startedMs = performance.now();
    await page.goto(`http://127.0.0.1:${port}${ADDRESS}`);
    await page.locator(END_TO_END[0]!).filter({ hasText: /\d/ }).waitFor({ timeout: PATIENCE_MS });
    const numbersMs = performance.now() - startedMs;
    const sizes = (await Promise.all(scripts)).map((body) => gzipSync(body).length);
    const firstPaintMs = (await page.evaluate('probe.firstPaintMs()')) as number;
    const devtools = await context.newCDPSession(page);
    // CPU of the thread: a machine that others use, too, makes a task last longer, but not heavier.
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const opened = { firstPaintMs, numbersMs, scriptBytes: sizes.reduce((sum, size) => sum + size, 0) };
    return { page: new LivePage(page, devtools), opened };
  }

  /** How far the page's wall clock is from ours: between these, ms. */
  async clockDifference(): Promise<[least: number, most: number]> {
    const beforeMs = wallMs();
    const theirs = (await this.#page.evaluate('performance.timeOrigin + performance.now()')) as number;
    return [theirs - wallMs(), theirs - beforeMs];
  }

  async watch(): Promise<void> {
    await this.#page.evaluate(`probe.watch(${JSON.stringify([ERRORS, ...END_TO_END])})`);
  }

  async seen(): Promise<{ messages: PageMessage[]; frames: PageFrame[] }> {
    return (await this.#page.evaluate('probe.seen()')) as { messages: PageMessage[]; frames: PageFrame[] };
  }

  async frameIntervals(forMs: number): Promise<number[]> {
    return (await this.#page.evaluate(`probe.intervals(${forMs})`)) as number[];
  }

  /** CPU that the main thread's tasks took so far, s. */
  async taskSeconds(): Promise<number> {
    return (await this.#metrics()).get('TaskDuration')!;
  }

  /** After a collection: bytes that are in use. */
  async heapBytes(): Promise<number> {
    await this.#devtools.send('HeapProfiler.collectGarbage');
    return (await this.#metrics()).get('JSHeapUsedSize')!;
  }

  async #metrics(): Promise<Map<string, number>> {
    const { metrics } = await this.#devtools.send('Performance.getMetrics');
    return new Map(metrics.map(({ name, value }) => [name, value]));
  }

  async beginProfile(): Promise<void> {
    await this.#devtools.send('Profiler.enable');
    await this.#devtools.send('Profiler.start');
  }

  async endProfile(folder: string): Promise<void> {
    const { profile } = await this.#devtools.send('Profiler.stop');
    writeFileSync(join(folder, 'page.cpuprofile'), JSON.stringify(profile));
  }

  async close(): Promise<void> {
    await this.#page.context().close();
  }
}

function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
