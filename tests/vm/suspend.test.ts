import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QmpClient } from '../../lab/qmp.ts';
import { stateDir } from '../../lab/run-state.ts';
import type { ClockEvent } from '../../server/wire/clock-views.ts';
import type { Health, PathView } from '../../server/wire/views.ts';
import { LabRun } from './lab-run.ts';

/** The outage itself, not a wait for something. */
const STOPPED_MS = 2_000;
const SET_BY_S = 3_600;
/** Responses come after this much: most exchanges are in the guest at any moment. */
const SLEEP_MS = 300;
const OF_THE_GUEST = ['vnic.in', 'vnic.out', 'tcp.in', 'wait', 'service', 'tcp.out'];

/** QMP of the run's QEMU. */
function qmpOf(run: LabRun): Promise<QmpClient> {
  const id = /^hopscope-(\w+)-host$/.exec(run.hostNamespace)?.[1] ?? '';
  return QmpClient.connect(join(stateDir(), id, 'qmp.sock'));
}

const events = (health: Health, kind: ClockEvent['kind']) => health.clock.events.filter((event) => event.kind === kind);

describe('a guest that is stopped for two seconds', () => {
  let run: LabRun;
  /** Wall clock around both commands, ms. */
  let stopping: [number, number];
  let resuming: [number, number];
  let before: PathView[];
  let found: Health;
  let paths: PathView[];

  beforeAll(async () => {
    run = await LabRun.start('--rate', '20', '--path', `/sleep/${SLEEP_MS}`, '--shell');
    await run.joined(100, 240_000);
    before = await run.newest(1);
    const qmp = await qmpOf(run);
    stopping = await around(() => qmp.execute('stop'));
    await delay(STOPPED_MS);
    resuming = await around(() => qmp.execute('cont'));
    qmp.close();
    found = await run.health((health) => events(health, 'step').length > 0, 60_000);
    const { joined } = (await run.joined(1)).exchanges;
    await run.joined(joined + 100);
    paths = await run.newest(1000);
  }, 400_000);

  afterAll(() => run.stop());

  async function around(action: () => Promise<unknown>): Promise<[number, number]> {
    const fromMs = Date.now();
    await action();
    return [fromMs, Date.now()];
  }

  it('is told as one step of the size of the stop, within its bound', () => {
    const [step, ...more] = events(found, 'step');
    expect(more).toEqual([]);
    expect(step).toMatchObject({ machine: 'web1', ratePpm: null });
    const { sizeNs, boundNs } = step as { sizeNs: number; boundNs: number };
    expect(sizeNs + boundNs).toBeGreaterThan((resuming[0] - stopping[1]) * 1e6);
    expect(sizeNs - boundNs).toBeLessThan((resuming[1] - stopping[0]) * 1e6);
    expect(boundNs).toBeLessThan(0.1 * STOPPED_MS * 1e6);
    expect(found.faults.clockSteps).toBe(1);
  });

  it('is placed in time by exchanges at most two seconds behind the stop', () => {
    const atMs = events(found, 'step')[0]?.atMs as number;
    expect(atMs).toBeGreaterThan(stopping[0]);
    expect(atMs - resuming[1]).toBeLessThan(2_000);
  });

  it('leaves no negative layer behind', async () => {
    expect((await run.get<Health>('/api/health')).faults.negative).toBe(0);
    for (const { layers } of paths) for (const { ns } of layers) expect(ns ?? 0).toBeGreaterThanOrEqual(0);
  });

  it('marks the paths that the stop cut in two, and shows none of their guest times', () => {
    const cut = paths.filter(({ clock }) => clock.method === 'gap');
    expect(cut.length).toBeGreaterThan(0);
    for (const path of cut) {
      expect(path.clock).toEqual({ method: 'gap', offsetNs: null, boundNs: null });
      expect(path.endToEndNs).toBeGreaterThan(0);
      for (const { layer, ns } of path.layers) if (OF_THE_GUEST.includes(layer)) expect(ns).toBeNull();
      for (const { vantage, firstNs } of path.stations) if (vantage === 'guest') expect(firstNs).toBeNull();
    }
  });

  it('gives every other path an offset that is true before the stop or behind it, within its bound', () => {
    const { offsetNs: old, boundNs: oldBound } = (before[0] as PathView).clock as { offsetNs: number; boundNs: number };
    const { sizeNs, boundNs: sizeBound } = events(found, 'step')[0] as { sizeNs: number; boundNs: number };
    const sides = { before: 0, behind: 0 };
    for (const { id, clock, atMs } of paths) {
      if (clock.offsetNs === null) continue;
      // Both clocks drift a little meanwhile: 1000 ppm is what the bound allows for.
      const driftNs = Math.abs(atMs - stopping[0]) * 1e6 * 1e-3;
      const off = (truth: number, bound: number) =>
        Math.abs((clock.offsetNs as number) - truth) <= (clock.boundNs as number) + bound + driftNs;
      const isOld = off(old, oldBound);
      const isNew = off(old + sizeNs, oldBound + sizeBound);
      expect(isOld || isNew, `${id}: ${JSON.stringify(clock)}`).toBe(true);
      if (atMs < stopping[0] - 2 * SLEEP_MS) expect(isOld).toBe(true);
      if (atMs > resuming[1]) expect(isNew).toBe(true);
      sides[isOld ? 'before' : 'behind']++;
    }
    expect(sides.before).toBeGreaterThan(50);
    expect(sides.behind).toBeGreaterThan(50);
  });

  it('tells a wall clock that was set in the guest from a step of its monotonic clock', async () => {
    const { code, stdout } = await run.guest(`date -s @$(($(date +%s) + ${SET_BY_S}))`);
    expect(code, stdout).toBe(0);
    const health = await run.health((seen) => events(seen, 'realtime-step').length > 0, 60_000);
    const [set] = events(health, 'realtime-step');
    expect(set?.machine).toBe('web1');
    // busybox counts in whole seconds.
    expect(Math.abs((set?.sizeNs as number) / 1e9 - SET_BY_S)).toBeLessThan(2);
    expect(health.faults.clockSteps).toBe(1);
  });

  it('ends its run with a clear message when QEMU is killed', async () => {
    process.kill(run.processWith('-accel'), 'SIGKILL');
    const end = await run.ended;
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/QEMU ended \(signal SIGKILL\)/);
    expect(run.processes()).toEqual([]);
  });
});
