import { describe, expect, it } from 'vitest';
import { marked } from '../../lab/plant-mark.ts';
import { ServerApi } from '../../lab/server-api.ts';
import type { EventView } from '../../server/wire/event-views.ts';
import { getJson, start, TOKEN } from '../server/running-server.ts';

describe('a plant', () => {
  const mark = () => ({ text: '5 ms in wait', fromMs: Date.now() - 1000 });

  it('is marked at the server while it lasts, and its end also when it fails', async () => {
    const server = await start();
    const api = new ServerApi(server.url, TOKEN);
    const plants = async () =>
      (await getJson<EventView[]>(server, '/api/runs/current/events')).filter(({ kind }) => kind === 'plant');
    const said: string[] = [];
    const during = await marked(api, mark(), (line) => said.push(line), plants);
    expect(during).toMatchObject([{ text: '5 ms in wait', toMs: null }]);
    const [over] = await plants();
    expect(over!.toMs).toBeGreaterThan(over!.fromMs);
    const failing = marked(
      api,
      mark(),
      (line) => said.push(line),
      () => Promise.reject(new Error('no guest')),
    );
    await expect(failing).rejects.toThrow('no guest');
    expect((await plants()).every(({ toMs }) => toMs !== null)).toBe(true);
    expect(said).toEqual([]);
  });

  it('says where the server takes no note of it', async () => {
    const said: string[] = [];
    const api = new ServerApi((await start()).url, 'another token');
    expect(
      await marked(
        api,
        mark(),
        (line) => said.push(line),
        async () => 'planted',
      ),
    ).toBe('planted');
    expect(said[0]).toContain('took no note of the plant: 5 ms in wait');
  });
});
