import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lowerHalfMean } from '../../lab/plant-verdict.ts';
import type { EventView } from '../../server/wire/event-views.ts';
import type { PathView } from '../../server/wire/views.ts';
import { type LabEnd, LabRun } from './lab-run.ts';

const DELAY_MS = 8;
const RATE = 50;
/** A second on either side of it is left out. */
const EDGE_MS = 1_000;

describe('hopscope up --plant', () => {
  let run: LabRun;
  let end: LabEnd;
  let plant: EventView;
  let paths: PathView[];

  beforeAll(async () => {
    run = await LabRun.start('--rate', String(RATE), '--plant', `vnic:${DELAY_MS}ms@5s+6s`);
    const isOver = ({ kind, toMs }: EventView) => kind === 'plant' && toMs !== null;
    const events = await run.until<EventView[]>('/api/runs/current/events', (all) => all.some(isOver), 150_000);
    plant = events.find(isOver)!;
    await run.joined(RATE * 17);
    paths = await run.newest(1000);
    run.finish();
    end = await run.ended;
  }, 240_000);

  afterAll(() => run.stop());

  it('says when it plants what, and when no longer, to people and to the server', () => {
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toMatch(/planted for 6 s: vnic\.in 8\.00 ms on average, by QEMU.*no longer planted: vnic\.in/s);
    expect(plant.toMs! - plant.fromMs!).toBeGreaterThanOrEqual(6_000);
  });

  it('makes its layer slower meanwhile', () => {
    const { fromMs, toMs } = plant as { fromMs: number; toMs: number };
    const times = (isIn: (atMs: number) => boolean) =>
      paths
        .filter(({ atMs }) => isIn(atMs))
        .flatMap(({ layers }) => layers.find(({ layer }) => layer === 'vnic.in')?.ns ?? []);
    const planted = times((atMs) => atMs > fromMs + EDGE_MS && atMs < toMs - EDGE_MS);
    const clean = times((atMs) => atMs < fromMs - EDGE_MS || atMs > toMs + EDGE_MS);
    expect(Math.min(planted.length, clean.length)).toBeGreaterThan(2 * RATE);
    // QEMU hands on what came every 16 ms: evenly between nothing and that, so 4 ms in the lower half.
    expect(lowerHalfMean(planted) - lowerHalfMean(clean)).toBeGreaterThan((DELAY_MS / 4) * 1e6);
  });
});
