/** The built page in a real browser against a real server that nobody reports to; with live data: `live-page.ts`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPage, buildPage, ROOT } from './built-page.ts';
import { accessibilityFaults, collectProblems, launchBrowser } from './live-page.ts';

let built: BuiltPage;
let browser: Browser;
let server: { process: ChildProcess; url: string };

/** A server process of its own, once it listens. */
async function startServer(listen: string): Promise<typeof server> {
  const flags = [
    '--listen',
    listen,
    '--token',
    'a-token-for-the-test',
    '--log-format',
    'json',
    '--dashboard',
    built.directory,
  ];
  const child = spawn(process.execPath, ['hopscope.ts', 'server', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as { url?: string };
    if (entry.url !== undefined) return { process: child, url: entry.url };
  }
  throw new Error('the server ended before it listened');
}

async function stopServer(): Promise<void> {
  const ended = once(server.process, 'exit');
  server.process.kill('SIGTERM');
  await ended;
}

beforeAll(async () => {
  built = await buildPage();
  server = await startServer('127.0.0.1:0');
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await stopServer();
  await built.remove();
});

describe('the page while no agent reports', () => {
  it.each([
    ['light', 1920],
    ['dark', 1920],
    ['light', 390],
  ] as const)(
    'tells what to start, %s at %i px, readable for everybody and without a complaint',
    async (colorScheme, width) => {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 844 } });
      const page = await context.newPage();
      const problems = collectProblems(page);
      await page.goto(server.url);
      await page.getByRole('heading', { name: 'Waiting for agents' }).waitFor();
      const commands = await page.locator('.empty code').allInnerTexts();
      expect(commands[0]).toContain(`agent --role host --server ${server.url.replace('http', 'ws')}`);
      expect(commands[1]).toContain('agent --role guest');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(problems).toEqual([]);
      await context.close();
    },
  );

  it('says that the server is gone, and goes on by itself once it is back', async () => {
    const page = await browser.newPage();
    await page.goto(server.url);
    const state = page.locator('.pill');
    await state.filter({ hasText: 'live' }).waitFor();
    await stopServer();
    await page.getByRole('alert').getByText('No connection to the server').waitFor();
    await state.filter({ hasText: /disconnected|connecting/ }).waitFor();
    server = await startServer(new URL(server.url).host);
    await state.filter({ hasText: 'live' }).waitFor();
    await page.getByRole('alert').getByText('No connection').waitFor({ state: 'detached' });
    await page.close();
  });
});
