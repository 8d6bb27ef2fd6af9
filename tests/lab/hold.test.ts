import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hold } from '../../lab/hold.ts';
import type { HoldPoint } from '../../lab/hold-loader.ts';
import { lowerHalfMean } from '../../lab/plant-verdict.ts';
import { ask, serve } from '../agent/http-service.ts';
import { SwitchedHost, VM } from '../agent/switched-host.ts';

const PORT = 8080;
const BLOCK_NS = 150e6;
const DELAY_NS = 4e6;
const BLOCKS = [false, true, true, false];

type DevicePoint = Extract<HoldPoint, { device: string }>;
const POINTS: DevicePoint[] = ['nic0', 'vnet0'].flatMap((device): DevicePoint[] => [
  { device, hook: 'ingress', order: 'first' },
  { device, hook: 'ingress', order: 'last' },
  { device, hook: 'egress', order: 'last' },
]);

describe('a hold on a device', () => {
  let network: SwitchedHost;
  let server: http.Server;
  let hold: Hold;
  const agent = new http.Agent({ keepAlive: true });

  beforeAll(async () => {
    network = new SwitchedHost();
    server = serve(network.vm, PORT);
    hold = await Hold.onHost(network.host.name);
  }, 60_000);

  afterAll(() => {
    hold.end();
    agent.destroy();
    server.close();
    network.remove();
  });

  /** Round trips until the last block is over, by block; those that touch two are left out. */
  async function roundTrips(fromNs: bigint, port: number): Promise<number[][]> {
    const byBlock = BLOCKS.map((): number[] => []);
    const blockOf = (ns: bigint) => Math.floor(Number(ns - fromNs) / BLOCK_NS);
    while (blockOf(process.hrtime.bigint()) < BLOCKS.length) {
      const start = process.hrtime.bigint();
      await ask({ host: VM.v4, port, agent });
      const end = process.hrtime.bigint();
      if (blockOf(start) === blockOf(end)) byBlock[blockOf(start)]?.push(Number(end - start));
    }
    return byBlock;
  }

  function plan(point: HoldPoint, port = PORT) {
    return { point, delayNs: DELAY_NS, leadNs: 20e6, blockNs: BLOCK_NS, blocks: BLOCKS, port };
  }

  it.each(POINTS)('makes each round trip through $device $hook ($order) longer, in its blocks only', async (point) => {
    const { fromNs } = await hold.hold(plan(point));
    const byBlock = await roundTrips(BigInt(fromNs), PORT);
    const heldNs = (await hold.release()).spent.planted;
    const [planted, clean] = [true, false].map((on) => byBlock.filter((_, n) => BLOCKS[n] === on).flat());
    expect(Math.min(...planted!)).toBeGreaterThanOrEqual(DELAY_NS);
    expect(Math.min(...clean!)).toBeLessThan(DELAY_NS);
    expect(heldNs.length).toBeGreaterThanOrEqual(planted!.length);
    expect(Math.min(...heldNs)).toBeGreaterThanOrEqual(DELAY_NS);
    expect(lowerHalfMean(heldNs)).toBeLessThan(1.02 * DELAY_NS);
  });

  it('loses packets instead where it is told to: they come when they are sent again', async () => {
    const loss = { ...plan(POINTS[1]!), leadNs: 0, blocks: [true], lossPermille: 1000 };
    await hold.hold(loss);
    const start = process.hrtime.bigint();
    await ask({ host: VM.v4, port: PORT, agent });
    expect(Number(process.hrtime.bigint() - start)).toBeGreaterThan(BLOCK_NS);
    expect((await hold.release()).spent.planted.length).toBeGreaterThan(0);
  });

  it('leaves other ports alone', async () => {
    const { fromNs } = await hold.hold(plan(POINTS[1]!, PORT + 1));
    const byBlock = await roundTrips(BigInt(fromNs), PORT);
    expect((await hold.release()).spent).toEqual({ planted: [], clean: [] });
    expect(Math.min(...byBlock.flat())).toBeLessThan(DELAY_NS);
  });

  it('is over when it is released', async () => {
    await hold.hold({ ...plan(POINTS[1]!), leadNs: 0, blocks: new Array(64).fill(true) });
    await hold.release();
    const start = process.hrtime.bigint();
    for (let n = 0; n < 20; n++) await ask({ host: VM.v4, port: PORT, agent });
    expect((await hold.release()).spent).toEqual({ planted: [], clean: [] });
    expect(Number(process.hrtime.bigint() - start)).toBeGreaterThan(0);
  });

  it('says so when the device is not there', async () => {
    const missing = { device: 'nowhere0', hook: 'ingress', order: 'last' } as const;
    await expect(hold.hold(plan(missing))).rejects.toThrow('there is no device nowhere0');
  });
});
