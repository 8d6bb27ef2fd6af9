/**
 * Looks at the live page of a running server with a real browser, as a person
 * would: do the numbers move, are they the API's numbers, can everybody read
 * them. Needs live data; it brings none along.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { formatDuration } from '../../dashboard/format.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import type { PathView, SeriesView, Summary } from '../../server/wire/views.ts';

const EXECUTABLE = process.env.HOPSCOPE_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const AXE = new URL('../../node_modules/axe-core/axe.min.js', import.meta.url);
/** A guest under TCG may need a while for its first numbers. */
const PATIENCE_MS = 30_000;
const LOOKS = [
  { name: 'live-dark', width: 1920, height: 1080, colorScheme: 'dark' },
  { name: 'live-light', width: 1920, height: 1080, colorScheme: 'light' },
  { name: 'live-390-dark', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'live-390-light', width: 390, height: 844, colorScheme: 'light' },
] as const;

export interface LivePageReport {
  /** End-to-end p50 as shown, first and later: two different texts. */
  moved: [string, string];
  /** Exchanges of the run as shown, equal to the API's answer. */
  exchanges: number;
  /** Paths of the pictures, in the order dark, light, narrow dark, narrow light. */
  screenshots: string[];
}

/** Headless Chromium with a fresh profile. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

/**
 * Checks the live page at `baseUrl` (http://host:port of a server whose run is
 * receiving requests) and writes pictures into `artifactsDir`.
 * @throws AssertionError or TimeoutError naming what was not seen
 */
export async function checkLivePage(baseUrl: string, artifactsDir: string): Promise<LivePageReport> {
  await mkdir(artifactsDir, { recursive: true });
  const browser = await launchBrowser();
  try {
    const { moved, exchanges } = await checkNumbers(browser, baseUrl);
    const screenshots: string[] = [];
    for (const look of LOOKS) screenshots.push(await checkLook(browser, baseUrl, look, artifactsDir));
    return { moved, exchanges, screenshots };
  } finally {
    await browser.close();
  }
}

const END_TO_END_P50 = '[data-layer="endToEnd"] [data-q="p50"]';

async function checkNumbers(
  browser: Browser,
  baseUrl: string,
): Promise<{ moved: [string, string]; exchanges: number }> {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  const page = await context.newPage();
  const problems = collectProblems(page);
  await page.goto(`${baseUrl}/?q=p50&min=1`);
  await page.locator(END_TO_END_P50).waitFor({ timeout: PATIENCE_MS });
  const moved = await seeMovement(page, END_TO_END_P50);
  await seeMovement(page, '#request-rate');
  const exchanges = await compareCount(page);
  await compareMedian(page, baseUrl);
  await checkPause(page);
  await checkLayers(page);
  await checkEvidence(page);
  await checkRequest(page, baseUrl);
  assert.deepEqual(problems, [], 'the browser console shows no problem');
  await context.close();
  return { moved, exchanges };
}

/** Errors of the page, its network and its content security policy, as they come. */
export function collectProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  return problems;
}

/** Waits for two different numbers in one place. Locators retry without eval, which the page's CSP forbids. */
async function seeMovement(page: Page, selector: string): Promise<[string, string]> {
  const place = page.locator(selector);
  await place.filter({ hasText: /\d/ }).waitFor({ timeout: PATIENCE_MS });
  const first = await place.innerText();
  await place.filter({ hasNotText: first }).waitFor({ timeout: PATIENCE_MS });
  const then = await place.innerText();
  assert.notEqual(then, first, `${selector} moves`);
  return [first, then];
}

/** The count in the table is the one in the API's answer to the page. */
async function compareCount(page: Page): Promise<number> {
  const answer = await page.waitForResponse((r) => r.url().endsWith('/summary') && r.ok(), { timeout: PATIENCE_MS });
  const { endToEnd } = (await answer.json()) as Summary;
  assert.ok(endToEnd.count > 0, 'the API counts exchanges');
  // Thousands are set apart by a space of some kind.
  const digits = new RegExp(`^${[...String(endToEnd.count)].join('\\D?')}$`);
  const shown = page.locator('[data-layer="endToEnd"] [data-count]').filter({ hasText: digits });
  await shown.waitFor({ timeout: PATIENCE_MS });
  return endToEnd.count;
}

/** A median over ten seconds lies between the least and the greatest median of those seconds. */
async function compareMedian(page: Page, baseUrl: string): Promise<void> {
  const vm = await page.locator('.vm select').inputValue();
  const shownNs = durationNs((await page.locator(END_TO_END_P50).textContent()) ?? '');
  const { rows } = (await (await fetch(`${baseUrl}/api/runs/current/series`)).json()) as SeriesView;
  const ofVm = rows.filter((row) => row.vm === vm);
  const recent = ofVm.filter((row) => row.t >= ofVm.at(-1)!.t - 13);
  const medians = recent.flatMap(({ endToEnd }) => (endToEnd.p50 === null ? [] : [endToEnd.p50]));
  // 2 % for the width of the histogram's buckets and the three digits shown.
  const [least, greatest] = [Math.min(...medians) * 0.98, Math.max(...medians) * 1.02];
  assert.ok(
    shownNs >= least && shownNs <= greatest,
    `the page shows a median of ${shownNs} ns, the API's seconds lie between ${least} and ${greatest} ns`,
  );
}

const UNIT_NS: Record<string, number> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 };

/** Reads "3.40 ms" back. */
function durationNs(text: string): number {
  const [, number, unit] = /([\d.]+)\s*(ns|µs|ms|s)/.exec(text) ?? [];
  assert.ok(number !== undefined && unit !== undefined, `"${text}" is a duration with a unit`);
  return Number(number) * UNIT_NS[unit]!;
}

/** While paused, four further messages change nothing; on resume the numbers move on. */
async function checkPause(page: Page): Promise<void> {
  const socketUrl = page.waitForEvent('websocket');
  await page.reload();
  const socket = await socketUrl;
  await page.locator(END_TO_END_P50).waitFor({ timeout: PATIENCE_MS });
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.locator('.banner').getByText('Paused').waitFor();
  const before = await page.locator('#layers').innerText();
  for (let i = 0; i < 4; i++) await socket.waitForEvent('framereceived', { timeout: PATIENCE_MS });
  assert.equal(await page.locator('#layers').innerText(), before, 'a paused page stands still');
  await page.getByRole('button', { name: 'Resume' }).click();
  await seeMovement(page, END_TO_END_P50);
}

/** Every layer has its row and its place on the path, and a picture has words. */
async function checkLayers(page: Page): Promise<void> {
  for (const { layer } of LAYERS) {
    assert.equal(await page.locator(`tr[data-layer="${layer}"]`).count(), 1, `the table has a row for ${layer}`);
  }
  const sentence = (await page.locator('#latency canvas').getAttribute('aria-label')) ?? '';
  assert.match(sentence, /largest layer/, 'the chart tells its numbers in a sentence');
}

/** What a number rests on stands beside it: the clock's bound, and what our own programs took. */
async function checkEvidence(page: Page): Promise<void> {
  const seen = (selector: string, hasText: RegExp) =>
    page.locator(selector).filter({ hasText }).waitFor({ timeout: PATIENCE_MS });
  for (const layer of ['vnic.in', 'vnic.out']) {
    await seen(`[data-hop="${layer}"]`, /±.\d/);
    await seen(`tr[data-layer="${layer}"]`, /±.\d/);
  }
  await seen('tr[data-layer="vnicRoundTrip"] [data-q="p50"]', /\d/);
  for (const side of ['host', 'guest']) await seen(`[data-ours="${side}"]`, /BPF \d.*CPU \d/);
  await seen('tr[data-layer="endToEnd"] [data-ours]', /≤.\d/);
  await seen('[data-clock="Method"]', /causality|kvm|vmclock/);
  await seen('[data-clock="Bound"]', /±.\d/);
}

/** The slowest request opens as a waterfall: every layer of the sum, and the time that the API tells. */
async function checkRequest(page: Page, baseUrl: string): Promise<void> {
  const opener = page.locator('.requests .expander').first();
  await opener.click({ timeout: PATIENCE_MS });
  const request = page.locator('#request');
  await request.waitFor({ timeout: PATIENCE_MS });
  const id = (await page.locator('.requests [aria-expanded="true"]').getAttribute('id'))?.replace('open-', '');
  const path = (await (await fetch(`${baseUrl}/api/paths/${id}`)).json()) as PathView;
  const shown = await request.locator('.headline').textContent();
  assert.equal(shown, formatDuration(path.endToEndNs), 'the request’s time is the API’s');
  assert.equal(await request.locator('[data-bar]:not(.part-of)').count(), LAYERS.length, 'every layer has its bar');
  await request.getByRole('button', { name: 'Close' }).click();
  await request.waitFor({ state: 'detached' });
}

type Look = (typeof LOOKS)[number];

async function checkLook(browser: Browser, baseUrl: string, look: Look, artifactsDir: string): Promise<string> {
  const { name, width, height, colorScheme } = look;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  await page.goto(baseUrl);
  await page.locator(END_TO_END_P50).waitFor({ timeout: PATIENCE_MS });
  await page.locator('.requests tbody tr').first().waitFor({ timeout: PATIENCE_MS });
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.equal(overflow, 0, `nothing is wider than the page at ${width} px`);
  assert.deepEqual(await accessibilityFaults(page), [], `axe finds nothing in ${name}`);
  const path = join(artifactsDir, `${name}.png`);
  await page.screenshot({ path, fullPage: width < 640 });
  await context.close();
  return path;
}

/** What axe-core objects to, one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(
    'axe.run().then((r) => r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.target).join(", ")))',
  );
}
