/** The page of hosts, and the choice of a VM on the live page, in a real browser: one host, two VMs, one of them noisy. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stats } from '../server/exchanges.ts';
import { afterwards, start } from '../server/running-server.ts';
import { type TwoVms, twoVms } from '../server/two-vms.ts';
import { type BuiltPage, buildPage } from './built-page.ts';
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

async function opened(url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  afterwards(() => context.close());
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const problems = collectProblems(page);
  afterwards(() => expect(problems).toEqual([]));
  await page.goto(url);
  return page;
}

/** vm1 has a hog: both answer, and what their agents tell of the CPU goes on until the test ends. */
async function noisyHost(): Promise<TwoVms> {
  const fed = await twoVms({ dashboard: built.directory });
  const tell = async () => {
    fed.host.send(
      stats({
        ...{ cpuBusy: 1.9, cpuPressure: 0.4, memoryPressure: 0.021 },
        ...{ vcpuTime: { vm0: 0.2, vm1: 0.95 }, vcpuDelay: { vm0: 0.5, vm1: 0.05 } },
        ...{ nic: { drops: 2, errors: 0.5, busy: 0.125 }, processes: { backup: 0.6, sshd: 0.01 } },
      }),
    );
    fed.guests[0].send(stats({ steal: 0.125 }));
    fed.guests[1].send(stats({ steal: 0 }));
    await fed.send(0, 20, 2_000_000);
    await fed.send(1, 30);
  };
  await tell();
  let last = Promise.resolve();
  const timer = setInterval(() => {
    last = last.then(tell);
  }, 500);
  afterwards(() => {
    clearInterval(timer);
    return last;
  });
  return fed;
}

const plain = (text: string | null) => (text ?? '').replaceAll(/[\u00a0\u202f]/g, ' ');

describe('the page of hosts', () => {
  it('shows the host as a box with its VMs in it, what each is, and who takes the CPU', async () => {
    const { server } = await noisyHost();
    const page = await opened(`${server.url}/hosts`);
    const host = page.locator('[data-host="hv1"]');
    await host.getByText('vm1 takes the CPU').waitFor();
    expect(plain(await host.locator('.story').textContent())).toContain('it ran 95.0 % of one');
    expect(plain(await host.locator('h2').textContent())).toContain('2 VMs, 2 vCPUs on 1 CPU');
    expect(plain(await host.locator('[data-pressure="cpu"]').textContent())).toBe('40.0 %');
    expect(plain(await host.locator('[data-pressure="memory"]').textContent())).toBe('2.1 %');
    expect(plain(await host.locator('[data-shared]').textContent())).toBe(
      'NIC 12.5 % of its speed, ▲ 2.50 packets/s lost · busiest beside the VMs: backup, 60.0 % of a CPU',
    );
    const boxes = await host
      .locator('[data-vm]')
      .evaluateAll((all) => all.map((box) => (box as HTMLElement).dataset.vm));
    expect(boxes).toEqual(['vm0', 'vm1']);
    const box = (vm: string) => host.locator(`[data-vm="${vm}"]`);
    const text = plain(await box('vm1').textContent());
    for (const fact of ['nginx/1.22.1', 'e1000 (full)', '1 vCPU', 'tcg (full)', 'takes the CPU']) {
      expect(text).toContain(fact);
    }
    expect(plain(await box('vm0').textContent())).toContain('virtio-net-pci (paravirtual)');
    const measure = async (vm: string, name: string) =>
      plain(await box(vm).locator(`[data-measure="${name}"] dd`).textContent()).trim();
    expect([await measure('vm0', 'waited'), await measure('vm1', 'waited')]).toEqual(['50.0 %', '5.0 %']);
    expect([await measure('vm0', 'ran'), await measure('vm0', 'steal')]).toEqual(['20.0 %', '12.5 %']);
    expect(await measure('vm0', 'p99')).toMatch(/^2\.\d+ ms/);
    expect(await measure('vm1', 'p50')).toMatch(/^7\d\d µs/);
    const bar = await host.locator('.cpu-bar').getAttribute('aria-label');
    expect(bar).toContain('vm0 0.20, vm1 0.95, all else on the host 0.75');
  });

  it('leads from a VM to its layers, and the address opens them again', async () => {
    const { server } = await noisyHost();
    const page = await opened(`${server.url}/hosts`);
    await page.getByRole('link', { name: 'vm1' }).click();
    await page.waitForURL(/\?.*vm=vm1/);
    const choice = page.getByRole('combobox', { name: 'VM' });
    await page.locator('[data-layer="endToEnd"] [data-q="p50"]').waitFor();
    expect(await choice.inputValue()).toBe('vm1');
    expect(await choice.locator('option').allTextContents()).toEqual(['All VMs', 'vm0', 'vm1']);
    const counted = async () =>
      Number(plain(await page.locator('[data-layer="endToEnd"] [data-count]').textContent()).replaceAll(' ', ''));
    await choice.selectOption('All VMs');
    await page.waitForURL(/vm=\*|vm=%2A/);
    const whole = await counted();
    await choice.selectOption('vm0');
    await page.waitForURL(/vm=vm0/);
    await expect.poll(counted).toBeLessThan(whole);
  });

  it('says what to start where there is no agent', async () => {
    const server = await start({ dashboard: built.directory });
    const page = await opened(`${server.url}/hosts`);
    await page.getByRole('heading', { name: 'Waiting for agents' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('can be read by everybody, dark and light, wide and narrow, and nothing is wider than it is', async () => {
    const { server } = await noisyHost();
    const page = await opened(`${server.url}/hosts`);
    await page.getByText('vm1 takes the CPU').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1280, 1920]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        const reached = () => page.evaluate('document.documentElement.scrollWidth');
        await expect.poll(reached, { message: `width at ${width} px`, timeout: 10_000 }).toBe(width);
        expect(await accessibilityFaults(page), `${colorScheme} at ${width} px`).toEqual([]);
        const folder = process.env.HOPSCOPE_SCREENSHOTS;
        if (folder) await page.screenshot({ path: `${folder}/hosts-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
  });
});
