/**
 * What stands beside the numbers of the live page, in a real browser: bounds,
 * missing stations, losses, self-cost, classes, clock. The server is a real
 * one; its agents are sockets that say and send what agents would.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { boundedDuration, formatBound, join } from '../../dashboard/format.ts';
import type { LiveMessage } from '../../server/wire/live-views.ts';
import type { AgentStats } from '../../server/wire/messages.ts';
import { FLAGS, PROTOCOLS } from '../../server/wire/record.ts';
import type { Health, PathView } from '../../server/wire/views.ts';
import { stats } from '../server/exchanges.ts';
import { afterwards, getJson, type Started } from '../server/running-server.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
import { fed, REASON } from './fed-server.ts';
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

type Look = Parameters<Browser['newContext']>[0];

/** The page with its first requests; what the server tells it goes into `heard`, too. */
async function opened(server: Started, look: Look = {}, heard: LiveMessage[] = []): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, ...look });
  afterwards(() => context.close());
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const problems = collectProblems(page);
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => heard.push(JSON.parse(String(payload)))),
  );
  afterwards(() => expect(problems).toEqual([]));
  await page.goto(`${server.url}/?q=p50&min=1`);
  await page.locator('.requests tbody tr').first().waitFor();
  return page;
}

const plain = (text: string | null) => (text ?? '').replaceAll('\u00a0', ' ').replaceAll('\u202f', ' ');

describe('a number that depends on the clock', () => {
  it('carries the bound that the server tells, on the path and in the table, and no other number does', async () => {
    const { server, keepSending } = await fed(built);
    await keepSending();
    const heard: LiveMessage[] = [];
    const page = await opened(server, {}, heard);
    for (const layer of ['vnic.in', 'vnic.out']) {
      for (const place of [`[data-hop="${layer}"]`, `tr[data-layer="${layer}"]`]) {
        const shown = await page.locator(place).filter({ hasText: /±.*\d/ }).textContent();
        // The bound moves with every fit, so it is one of those that the page heard of.
        const told = new Set(heard.map(({ health }) => formatBound(health.clock.boundNs)));
        expect([...told].filter((bound) => shown?.includes(bound))).not.toEqual([]);
      }
    }
    expect(await page.locator('[data-hop]').filter({ hasText: '±' }).count()).toBe(2);
    await page.locator('tr[data-layer="service"]').getByText('exact').waitFor();
  });

  it('is an upper limit, hatched, where it is less than its bound, in a single request as well', async () => {
    const { server, send, keepSending } = await fed(built);
    // Delays that never vary: the best estimate is as small as the bound, and drift makes the bound the larger one.
    await send(200);
    const [path] = await getJson<PathView[]>(server, '/api/runs/current/paths?order=newest&limit=1');
    const ns = path!.layers.find((l) => l.layer === 'vnic.in')!.ns!;
    expect(ns).toBeLessThan(path!.boundNs!);
    const page = await opened(server);
    await page.getByRole('radio', { name: 'newest' }).check({ force: true });
    await page.locator(`[id="open-${path!.id}"]`).click();
    const cell = page.locator('[data-bar="vnic.in"] .below-bound');
    expect(plain(await cell.textContent())).toBe(plain(join(boundedDuration(ns, path!.boundNs))));
    expect(await cell.textContent()).toMatch(/^≤/);
    expect(await cell.getAttribute('title')).toContain('less than its bound');
    await keepSending();
    await page.locator('[data-hop="vnic.in"] .below-bound').waitFor();
  });

  it('has a sum that needs no clock and is always told', async () => {
    const { server, keepSending } = await fed(built);
    await keepSending();
    const page = await opened(server);
    const trip = page.locator('tr[data-layer="vnicRoundTrip"]');
    await trip.locator('[data-q="p50"]').filter({ hasText: /\d/ }).waitFor();
    expect(await trip.innerText()).toContain('clock-free');
  });
});

describe('a layer whose station is missing', () => {
  it('is named as missing with the reason, on the path, in the table, beside the chart and in a request', async () => {
    const { server, keepSending } = await fed(built, 'sock.ready');
    await keepSending();
    const page = await opened(server);
    for (const layer of ['tcp.in', 'wait']) {
      const hop = page.locator(`[data-hop="${layer}"]`);
      expect(await hop.textContent()).toContain('missing no sock.ready');
      expect(await hop.textContent()).toContain(REASON);
      const row = page.locator(`tr[data-layer="${layer}"]`);
      expect(await row.textContent()).toContain(REASON);
      expect(await row.locator('[data-q]').count()).toBe(0);
    }
    await page.locator('#latency .note').getByText('wait: no sock.ready').waitFor();
    expect(await page.locator('#latency canvas').getAttribute('aria-label')).toContain('missing: ');
    await page.locator('.requests .expander').first().click();
    const bar = page.locator('[data-bar="wait"]');
    expect(await bar.textContent()).toContain(`no sock.ready: ${REASON}`);
    await bar.locator('.extent.within').waitFor({ state: 'attached' });
    expect(await page.locator('[data-bar="service"] .warn').count()).toBe(0);
  });
});

describe('lost records', () => {
  it('are told at the numbers that rest on the others, in the seconds and for the run', async () => {
    const { server, host, send } = await fed(built);
    host.send(stats({ drops: { 'ring.full': 0 } }));
    await send(50);
    const page = await opened(server);
    await page.locator('#layers tbody tr').first().waitFor();
    expect(await page.locator('[data-doubt]').count()).toBe(0);
    host.send(stats({ drops: { 'ring.full': 7 } }));
    for (const panel of ['#path', '#latency', '#rate', '#layers h2', '#requests']) {
      await page.locator(`${panel} [data-doubt]`).getByText('7 lost').waitFor();
    }
    expect(await page.locator('#path [data-doubt]').getAttribute('title')).toContain('in the last 10 s');
    expect(await page.locator('#requests [data-doubt]').getAttribute('data-doubt')).toBe('run');
    // Who comes later is told of the run's losses; which seconds they were in is known to nobody then.
    const later = await opened(server);
    await later.locator('#requests [data-doubt="run"]').getByText('7 lost').waitFor();
    expect(await later.locator('[data-doubt="recent"]').count()).toBe(0);
  });
});

describe('self-cost', () => {
  it('stands where it was spent, and beside the layers of which it may be a part', async () => {
    const { server, host, guest, keepSending } = await fed(built);
    for (const [peer, ns] of [
      [host, 90],
      [guest, 9_000],
    ] as const) {
      peer.send(stats());
      peer.send(stats({ bpfNs: ns * 100, bpfRecords: 100, bpfRuns: 100 }));
    }
    await keepSending();
    const page = await opened(server);
    await page.locator('[data-ours="host"]').getByText('BPF 90\u00a0ns/req').waitFor();
    await page.locator('[data-ours="guest"]').getByText('BPF 9.00\u00a0µs/req').waitFor();
    // 9 µs of 310 µs, and 90 ns of 712 µs: the one is worth telling, the other is not.
    const ours = page.locator('tr[data-layer="service"] [data-ours]');
    expect(plain(await ours.textContent())).toMatch(/^≤ [23]\.\d %$/);
    expect(await ours.locator('.num').getAttribute('title')).toContain('9.00\u00a0µs per request');
    expect(await page.locator('tr[data-layer="client"] [data-ours]').count()).toBe(0);
  });
});

describe('parts of a layer', () => {
  it('open and close by keyboard, and are not offered where they were never measured', async () => {
    const { server, keepSending } = await fed(built);
    await keepSending();
    const page = await opened(server);
    const opener = page.locator('tr[data-layer="tcp.in"] .expander');
    await opener.focus();
    await page.keyboard.press('Enter');
    const part = page.locator('tr[data-layer="tcp.in.ip"]');
    await part.locator('[data-q="p50"]').filter({ hasText: /\d/ }).waitFor();
    expect(await opener.getAttribute('aria-expanded')).toBe('true');
    const id = await part.getAttribute('id');
    expect((await opener.getAttribute('aria-controls'))?.split(' ')).toContain(id);
    await page.keyboard.press('Space');
    await part.waitFor({ state: 'detached' });
    expect(await page.locator('tr[data-layer="wait"] .expander').count()).toBe(0);
    expect(await page.locator('tr[data-layer="service"] .expander').count()).toBe(0);
    // They are in no sum: shares of what is drawn on the path are of the whole.
    const shares = await page.locator('.part').allTextContents();
    const sum = shares.reduce((all, text) => all + Number.parseFloat(text), 0);
    expect(Math.abs(sum - 100)).toBeLessThan(0.3);
  });
});

describe('classes', () => {
  it('are counted apart, labelled in the list, chosen by a filter and explained in the request', async () => {
    const { server, send } = await fed(built);
    const http1 = PROTOCOLS.indexOf('http/1');
    await send(30, { host: { protocol: http1 } });
    await send(4, { host: { flags: FLAGS.pipelined | FLAGS.retransmit, protocol: http1, retransmitsOut: 3 } });
    await send(2, { host: { flags: FLAGS.tls_hello, protocol: PROTOCOLS.indexOf('tls') }, head: '' });
    const page = await opened(server);
    for (const [name, count] of Object.entries({ request: 30, multiplexed: 4, stream: 0, handshake: 2 })) {
      await page
        .locator(`[data-class-count="${name}"]`)
        .filter({ hasText: new RegExp(`^${count}$`) })
        .waitFor();
    }
    await page.locator('[data-layer="endToEnd"] [data-count]').filter({ hasText: /^30$/ }).waitFor();
    await page.getByRole('combobox', { name: 'Class of the requests listed' }).selectOption('multiplexed');
    await page.locator('.requests tr[data-class="request"]').first().waitFor({ state: 'detached' });
    const rows = page.locator('.requests tbody tr');
    expect(await rows.count()).toBe(4);
    expect(await rows.first().locator('.label').allTextContents()).toEqual(['multiplexed', 'retransmit', 'pipelined']);
    await rows.first().locator('.expander').click();
    const request = page.locator('#request');
    await request.getByText('cannot be told from another').waitFor();
    expect(await request.locator('[data-fact="Retransmits"] dd').textContent()).toBe('0 in, 3 out');
    expect(await request.locator('.label').first().getAttribute('title')).not.toBe('');
    await request.getByRole('button', { name: 'Close' }).click();
    await request.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.className')).toBe('expander');
  });
});

describe('waiting for a CPU', () => {
  it('is drawn once somebody tells of it, with what is told and nothing else', async () => {
    const { server, host, guest, keepSending } = await fed(built);
    await keepSending();
    const page = await opened(server);
    expect(await page.locator('#pressure').count()).toBe(0);
    const told: Partial<AgentStats> = { cpuPressure: 0.25, vcpuDelay: { shop: 0.5 } };
    host.send(stats(told));
    guest.send(stats({ steal: 0.125 }));
    await page.locator('[data-pressure="hostPressure"]').getByText('25.0\u00a0%').waitFor();
    await page.locator('[data-pressure="vcpuDelay"]').getByText('50.0\u00a0%').waitFor();
    await page.locator('[data-pressure="steal"]').getByText('12.5\u00a0%').waitFor();
    expect(await page.locator('[data-pressure="guestPressure"]').count()).toBe(0);
    expect(await page.locator('#pressure canvas').getAttribute('aria-label')).toContain('vCPU run delay 50.0\u00a0%');
  });
});

describe('the clock panel', () => {
  it('tells what the API tells: method, offset, rate, bound, events', async () => {
    const { server, send } = await fed(built);
    await send(200);
    const page = await opened(server);
    const { clock } = await getJson<Health>(server, '/api/health');
    const fact = (name: string) => page.locator(`[data-clock="${name}"]`);
    await fact('Method').getByText(clock.method).waitFor();
    expect(await fact('Bound').locator('dd').textContent()).toBe(formatBound(clock.boundNs));
    const digits = (await fact('Offset').getAttribute('title'))?.replace(/[^\d-]/g, '');
    expect(Number(digits)).toBe(Math.round(clock.offsetNs!));
    expect(await fact('Last check').textContent()).toMatch(/\d.* ago/);
    for (const [kind, count] of Object.entries(clock.counts)) {
      await page.locator(`[data-events="${kind}"]`).getByText(`${kind} ${count}`).waitFor();
    }
  });
});

const LOOKS = [
  ['dark', 1600],
  ['light', 1600],
  ['light', 390],
  ['dark', 390],
] as const;

describe('the page with everything open', () => {
  it('can be read by everybody, dark and light, wide and narrow, and nothing is wider than it', async () => {
    const { server, host, guest, send, keepSending } = await fed(built);
    await send(5, { host: { flags: FLAGS.pipelined | FLAGS.retransmit, protocol: PROTOCOLS.indexOf('http/1') } });
    host.send(stats({ drops: { 'ring.full': 0 } }));
    await keepSending();
    const page = await opened(server);
    host.send(stats({ drops: { 'ring.full': 3 }, cpuPressure: 0.2 }));
    guest.send(stats({ steal: 0.1 }));
    await page.locator('tr[data-layer="tcp.in"] .expander').click();
    await page.locator('.requests .expander').first().click();
    await page.locator('#request').waitFor();
    await page.locator('#pressure canvas').waitFor();
    await page.locator('#path [data-doubt]').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    for (const [colorScheme, width] of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      // Charts follow the window's size in the next frames.
      const reached = () => page.evaluate('document.documentElement.scrollWidth');
      await expect.poll(reached, { message: `width at ${width} px`, timeout: 10_000 }).toBe(width);
      expect(await accessibilityFaults(page), `${colorScheme} at ${width} px`).toEqual([]);
    }
  });
});
