/** The terminal's lines, of what a real server streams. */
import { describe, expect, it } from 'vitest';
import { duration } from '../../../server/compare/sentence.ts';
import { screen, sparkline, type View } from '../../../server/top/screen.ts';
import { ansiStyle } from '../../../server/top/style.ts';
import { SECONDS_KEPT, Watched } from '../../../server/top/watched.ts';
import type { LiveSnapshot } from '../../../server/wire/live-views.ts';
import { LAYER_IDS, LAYERS } from '../../../server/wire/stations.ts';
import type { PathView } from '../../../server/wire/views.ts';
import { getJson, Peer } from '../running-server.ts';
import { measured, REQUESTS } from './measured.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal does not show
const ESCAPES = /\x1b\[\d+m/g;

async function viewed(): Promise<View> {
  const server = await measured();
  const peer = await new Peer(`ws://${server.host}/live`).opened();
  const watched = new Watched();
  watched.apply(await peer.next<LiveSnapshot>());
  const paths = await getJson<PathView[]>(server, '/api/runs/current/paths?order=slowest&limit=20');
  const now = watched.now!;
  const vm = now.run.vms[0]!;
  const seconds = watched.seconds(vm, SECONDS_KEPT);
  return { now, vm, quantile: 'p99', seconds, paths, order: 'slowest', paused: false, trouble: null };
}

describe('the screen of hopscope top', () => {
  it('has the numbers of the live stream, layer by layer', async () => {
    const view = await viewed();
    const lines = screen(view, { columns: 120, rows: 60 });
    const row = view.now.recent[0]!;
    for (const { layer } of LAYERS) {
      const line = lines.find((each) => each.startsWith(`${layer} `));
      for (const which of ['p50', 'p90', 'p99'] as const) {
        expect(line).toContain(duration(row[which][LAYER_IDS.indexOf(layer)]!));
      }
    }
    expect(lines.join('\n')).toContain(`${REQUESTS} exchanges in the run`);
    expect(lines.filter((line) => line.includes(' GET '))).toHaveLength(20);
  });

  it.each([
    [80, 24],
    [100, 34],
    [200, 60],
    [40, 12],
  ])('fits a terminal of %i columns and %i rows, with its emphasis', async (columns, rows) => {
    const lines = screen(await viewed(), { columns, rows }, ansiStyle);
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(line.replace(ESCAPES, '').length).toBeLessThanOrEqual(columns);
  });

  it('says that what it shows is a recording, paused, or old', async () => {
    const view = await viewed();
    const size = { columns: 120, rows: 60 };
    const recorded = { ...view.now, run: { ...view.now.run, recordedMs: Date.UTC(2026, 10, 22) } };
    expect(screen({ ...view, now: recorded }, size).join('\n')).toContain('A RECORDING, measured 2026-11-22');
    expect(screen({ ...view, paused: true }, size)[0]).toContain('paused');
    expect(screen({ ...view, trouble: 'NO SERVER' }, size)[0]).toContain('NO SERVER');
  });

  it('has at least all layers of the sum and the health of 24 lines', async () => {
    const text = screen(await viewed(), { columns: 80, rows: 24 }).join('\n');
    for (const { layer } of LAYERS) expect(text).toContain(`${layer} `);
    expect(text).toMatch(/agents {3}host .* ok/);
    expect(text).toContain('nothing lost');
  });
});

describe('a sparkline', () => {
  it('grows with its values and tells what was not measured', () => {
    expect(sparkline([0, 1, 2, null, 4, 8, 6, 3], 8)).toBe('▁▂▃·▅█▇▄');
  });

  it('shows the newest where there is no room for all, and nothing where there is hardly any', () => {
    expect(sparkline([9, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1, 1], 8)).toBe('████████');
    expect(sparkline([1, 2, 3], 7)).toBe('');
  });
});
