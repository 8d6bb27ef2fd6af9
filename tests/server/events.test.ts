import { describe, expect, it } from 'vitest';
import { MAX_NOTES } from '../../server/run-notes.ts';
import type { EventView } from '../../server/wire/event-views.ts';
import type { LiveMessage, LiveSnapshot } from '../../server/wire/live-views.ts';
import type { RunInfo } from '../../server/wire/views.ts';
import { PROVENANCE } from './exchanges.ts';
import { attach, getJson, Peer, post, type Started, start } from './running-server.ts';

const told = (server: Started, query = '') => getJson<EventView[]>(server, `/api/runs/current/events${query}`);
const words = (events: readonly EventView[]) => events.map(({ kind, text }) => `${kind}: ${text}`);
const plant = (server: Started, body: object) => post(server, '/api/runs/current/plants', body, 'PUT');

describe('events', () => {
  it('tell of runs, notes, machines that left, and machines that came back as others', async () => {
    const server = await start({ run: 'first' });
    const { peer } = await attach(server, 'guest');
    await post(server, '/api/runs/current', { note: 'a new kernel comes' }, 'PATCH');
    await peer.close();
    await attach(server, 'guest', { provenance: { ...PROVENANCE, kernel: '6.12.1' } });
    await post(server, '/api/runs', { name: 'second' });
    const events = await told(server);
    expect(words(events).sort()).toEqual([
      'config: web1: kernel 6.12.1',
      'gap: guest:web1 away',
      'note: a new kernel comes',
      'run: first begins',
      'run: first ends',
      'run: second begins',
    ]);
    const gap = events.find(({ kind }) => kind === 'gap')!;
    expect(gap.toMs).toBeGreaterThanOrEqual(gap.fromMs);
    expect(events.map(({ fromMs }) => fromMs)).toEqual(events.map(({ fromMs }) => fromMs).sort((a, b) => a - b));
    const [first] = events;
    const second = Math.floor(first!.fromMs / 1000);
    expect(await told(server, `?to=${second}`)).toEqual([]);
    expect(words(await told(server, `?from=${second}&to=${second + 1}`))).toContain('run: first begins');
    expect(await told(server, `?from=${second + 3600}`)).toEqual([]);
  });

  it('note a change also where the run is kept', async () => {
    const server = await start({ run: 'kept', keepRun: true });
    const { peer } = await attach(server, 'guest');
    await peer.close();
    await attach(server, 'guest', { provenance: { ...PROVENANCE, offloads: { tso: false } } });
    expect(words(await told(server))).toContain('config: web1: tso off');
    expect((await getJson<RunInfo[]>(server, '/api/runs')).map(({ name }) => name)).toEqual(['kept']);
  });

  it('tell of a plant while it lasts, and of its end', async () => {
    const server = await start();
    const fromMs = Date.now();
    const lasting = { text: '5 ms in tcp.in', fromMs, toMs: null };
    expect((await plant(server, lasting)).status).toBe(200);
    expect(await told(server)).toContainEqual(expect.objectContaining({ kind: 'plant', fromMs, toMs: null }));
    await plant(server, { ...lasting, toMs: fromMs + 6_000 });
    const plants = (await told(server)).filter(({ kind }) => kind === 'plant');
    expect(plants).toMatchObject([{ text: '5 ms in tcp.in', toMs: fromMs + 6_000 }]);
    expect((await plant(server, { ...lasting, toMs: fromMs - 1 })).status).toBe(400);
    for (let n = 1; n < MAX_NOTES; n++) await plant(server, { ...lasting, text: `plant ${n}` });
    expect((await plant(server, { ...lasting, text: 'one too many' })).status).toBe(400);
  });

  it('come with the snapshot, and again when there are others', async () => {
    const server = await start({ run: 'first' });
    const peer = await new Peer(`ws://${server.host}/live`).opened();
    const { events } = await peer.next<LiveSnapshot>();
    expect(words(events)).toEqual(['run: first begins']);
    await plant(server, { text: '5 ms in wait', fromMs: Date.now(), toMs: null });
    const { events: now } = await peer.until<LiveMessage>(
      (m) => m.events?.some(({ kind }) => kind === 'plant') ?? false,
    );
    expect(now).toHaveLength(2);
    expect((await peer.next<LiveMessage>()).events).toBeUndefined();
  });
});
