import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { summarySchema } from '../../server/summary-schema.ts';
import type { ApiError, LoadSummary, PathView, RunInfo, SeriesView, Summary } from '../../server/wire/views.ts';
import { exchange, exchanges, frame, hostNowNs } from './exchanges.ts';
import { acked, afterwards, attach, getJson, post, type Started, start, TOKEN } from './running-server.ts';

const LOAD: LoadSummary = {
  rate: 200,
  durationS: 5,
  connections: 4,
  path: '/',
  sent: 1000,
  answered: 999,
  errors: 1,
  p50: 800_000,
  p90: 900_000,
  p99: 2_000_000,
  p999: null,
  fromSend: { p50: 700_000, p99: null },
  lateness: { p50: 1_000, p99: 9_000, max: 10_000 },
};

async function error(response: Response): Promise<ApiError['error'] & { status: number }> {
  return { ...((await response.json()) as ApiError).error, status: response.status };
}

/** 30 exchanges, of which the tenth took 5 ms longer in the service. */
async function measured(): Promise<Started> {
  const server = await start();
  const host = await attach(server, 'host');
  const guest = await attach(server, 'guest');
  const { host: hosts, guest: guests } = exchanges(30, hostNowNs());
  const slow = exchange(1000, { atNs: hostNowNs(), slowerNs: 5_000_000, head: 'POST /slow', status: 503 });
  host.peer.send(frame(1, [...hosts, slow.host]));
  guest.peer.send(frame(1, [...guests, slow.guest]));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  return server;
}

/** fetch would not let us choose the Host header. */
function statusWithHost(server: Started, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${server.url}/api/runs`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('runs', () => {
  it('are listed newest first, and `current` is the newest', async () => {
    const server = await start({ run: 'virtio' });
    const opened = await post(server, '/api/runs', { name: 'e1000' });
    expect(opened.status).toBe(201);
    const runs = await getJson<RunInfo[]>(server, '/api/runs');
    expect(runs.map((r) => r.name)).toEqual(['e1000', 'virtio']);
    expect(runs[1]?.endedMs).not.toBeNull();
    expect(await getJson<RunInfo>(server, '/api/runs/current')).toEqual(runs[0]);
    expect(await getJson<RunInfo>(server, `/api/runs/${runs[1]?.id}`)).toEqual(runs[1]);
  });

  it('carry what the load generator reports, even after their end', async () => {
    const server = await measured();
    const ended = (await (await post(server, '/api/runs/current/end', {})).json()) as Summary;
    expect(ended.run.endedMs).not.toBeNull();
    expect((await post(server, '/api/runs/current/load', LOAD, 'PUT')).status).toBe(200);
    const summary = await getJson<Summary>(server, '/api/runs/current/summary');
    expect(summary.load).toEqual(LOAD);
    expect(summary.exchanges).toMatchObject({ sent: 1000, answered: 999, joined: 31 });
  });

  it('keep their numbers when the next one begins at zero', async () => {
    const server = await measured();
    const before = await getJson<Summary>(server, '/api/runs/current/summary');
    await post(server, '/api/runs', { name: 'next' });
    const after = await getJson<Summary>(server, `/api/runs/${before.run.id}/summary`);
    const endedMs = after.run.endedMs as number;
    const stretches = [{ fromMs: before.run.startedMs, toMs: endedMs }];
    expect(after).toEqual({ ...before, run: { ...before.run, endedMs, stretches } });
    const next = await getJson<Summary>(server, '/api/runs/current/summary');
    expect(next.exchanges).toMatchObject({ host: 0, guest: 0, joined: 0 });
  });

  it('are resumed, and are the current one again', async () => {
    const server = await start({ run: 'between' });
    const between = await getJson<RunInfo>(server, '/api/runs/current');
    const virtio = (await (await post(server, '/api/runs', { name: 'virtio' })).json()) as RunInfo;
    const answer = await post(server, `/api/runs/${between.id}/resume`, {});
    expect(answer.status).toBe(200);
    const resumed = (await answer.json()) as RunInfo;
    expect(resumed).toMatchObject({ id: between.id, endedMs: null, startedMs: between.startedMs });
    expect(resumed.stretches).toHaveLength(2);
    expect(await getJson<RunInfo>(server, '/api/runs/current')).toEqual(resumed);
    expect((await getJson<RunInfo>(server, `/api/runs/${virtio.id}`)).endedMs).not.toBeNull();
    // While it lasts there is nothing to resume.
    expect(await (await post(server, '/api/runs/current/resume', {})).json()).toEqual(resumed);
    expect((await post(server, '/api/runs/nope/resume', {})).status).toBe(404);
  });

  it('answer with a summary that fits its schema, measured or not', async () => {
    for (const server of [await start(), await measured()]) {
      const summary = await getJson<unknown>(server, '/api/runs/current/summary');
      expect(summarySchema.strict().parse(summary)).toEqual(summary);
    }
  });

  it('are only changed with the token', async () => {
    const server = await start();
    for (const [path, method] of [
      ['/api/runs', 'POST'],
      ['/api/runs/current/load', 'PUT'],
      ['/api/runs/current/end', 'POST'],
      ['/api/runs/current/resume', 'POST'],
    ] as const) {
      const response = await post(server, path, {}, method, 'wrong');
      expect(await error(response)).toMatchObject({ status: 401, code: 'unauthorized' });
    }
    expect(await getJson<RunInfo[]>(server, '/api/runs')).toHaveLength(1);
  });

  it('say what a body has to be', async () => {
    const { url } = await start();
    const put = async (type: string, body: string) => {
      const headers = { 'content-type': type, authorization: `Bearer ${TOKEN}` };
      return error(await fetch(`${url}/api/runs`, { method: 'POST', headers, body }));
    };
    const unread = { status: 400, message: 'send a JSON object with the header "Content-Type: application/json"' };
    expect(await put('text/plain', 'name=x')).toMatchObject(unread);
    expect((await put('application/json', '{')).message).toMatch(/^the body is not a JSON object: /);
  });

  it('say which field of a report is wrong', async () => {
    const response = await post(await start(), '/api/runs/current/load', { ...LOAD, sent: -1 }, 'PUT');
    const answer = await error(response);
    expect(answer).toMatchObject({ status: 400, code: 'bad-request' });
    expect(answer.message).toContain('sent');
  });

  it.each([
    ['no body', undefined],
    ['a name with a line break', { name: 'a\nb' }],
    ['an empty name', { name: '' }],
  ])('are not opened with %s', async (_, body) => {
    expect((await post(await start(), '/api/runs', body)).status).toBe(400);
  });
});

describe('paths and series', () => {
  it('give the slowest first, and each by its id', async () => {
    const server = await measured();
    const [slowest, second] = await getJson<PathView[]>(server, '/api/runs/current/paths?order=slowest&limit=2');
    expect(slowest).toMatchObject({ method: 'POST', path: '/slow', status: 503, vm: 'web1' });
    expect(slowest?.endToEndNs).toBe((second?.endToEndNs as number) + 5_000_000);
    expect(await getJson<PathView>(server, `/api/paths/${slowest?.id}`)).toEqual(slowest);
  });

  it('give the newest first unless asked otherwise', async () => {
    const paths = await getJson<PathView[]>(await measured(), '/api/runs/current/paths');
    expect(paths).toHaveLength(31);
    expect(paths[0]?.path).toBe('/slow');
  });

  it('name the VM that is not known', async () => {
    const response = await fetch(`${(await measured()).url}/api/runs/current/paths?vm=nobody`);
    const answer = await error(response);
    expect(answer).toMatchObject({ status: 404, code: 'not-found' });
    expect(answer.message).toContain('nobody');
  });

  it('count every exchange in its second', async () => {
    const server = await measured();
    const all = await getJson<SeriesView>(server, '/api/runs/current/series');
    expect(all.rows.reduce((sum, row) => sum + row.count, 0)).toBe(31);
    expect(all.rows.reduce((sum, row) => sum + row.errors, 0)).toBe(1);
    const [first] = all.rows as [SeriesView['rows'][number]];
    const part = await getJson<SeriesView>(
      server,
      `/api/runs/current/series?from=${first.t}&to=${first.t + 1}&vm=web1`,
    );
    expect(part.rows).toEqual([first]);
    const none = await getJson<SeriesView>(server, '/api/runs/current/series?vm=nobody');
    expect(none.rows).toEqual([]);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'order=fastest', 'limit=', 'limit=1&limit=2', 'class=x', 'colour=blue'])(
    'refuse ?%s and say why',
    async (query) => {
      const answer = await error(await fetch(`${(await start()).url}/api/runs/current/paths?${query}`));
      expect(answer).toMatchObject({ status: 400, code: 'bad-request' });
      expect(answer.message).toContain(query.split('=', 1)[0]);
    },
  );

  it.each(['/api/runs/nope', '/api/runs/nope/summary', '/api/paths/nope', '/api/paths/x.99', '/api/nope'])(
    'answer %s with what to ask instead',
    async (path) => {
      expect(await error(await fetch((await start()).url + path))).toMatchObject({ status: 404, code: 'not-found' });
    },
  );
});

describe('the server over HTTP', () => {
  it('is alive, and ready with the agents it has in the answer', async () => {
    const server = await start();
    expect(await getJson(server, '/healthz')).toEqual({ status: 'ok' });
    await attach(server, 'guest');
    expect(await getJson(server, '/readyz')).toEqual({ ready: true, reason: null, agents: { host: 0, guest: 1 } });
  });

  it('sends the headers that keep a page safe, and none that break plain HTTP', async () => {
    const { headers } = await fetch(`${(await start()).url}/api/runs`);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'self';connect-src 'self' ws:/);
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('ratelimit-policy')).toContain('6000-in-1min');
  });

  it('does not answer to a foreign name that points at loopback, unless it is allowed', async () => {
    const server = await start({ allowOrigins: ['http://hopscope.example'] });
    expect(await statusWithHost(server, 'rebound.example')).toBe(403);
    expect(await statusWithHost(server, 'hopscope.example')).toBe(200);
    expect(await statusWithHost(server, 'localhost:7117')).toBe(200);
  });

  it('refuses a body that is too large', async () => {
    const response = await post(await start(), '/api/runs', { name: 'x'.repeat(70_000) });
    expect(await error(response)).toMatchObject({ status: 413, code: 'too-large' });
  });

  it('serves the dashboard at every page address, and says so where it is not built', async () => {
    const dashboard = mkdtempSync(join(tmpdir(), 'hopscope-dashboard-'));
    afterwards(() => rmSync(dashboard, { recursive: true }));
    writeFileSync(join(dashboard, 'index.html'), '<title>Hopscope</title>');
    const built = await start({ dashboard });
    const html = { headers: { accept: 'text/html' } };
    for (const page of ['/', '/runs/current?layer=wait']) {
      expect(await (await fetch(built.url + page, html)).text()).toBe('<title>Hopscope</title>');
    }
    expect((await fetch(`${built.url}/missing.js`, html)).status).toBe(404);
    const unbuilt = await start();
    const answer = await error(await fetch(unbuilt.url, html));
    expect(answer).toMatchObject({ status: 404 });
    expect(answer.message).toContain('npm run build');
  });

  it('listens on a UNIX socket too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hopscope-socket-'));
    afterwards(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'server.sock');
    const server = await start({
      listen: [
        { kind: 'tcp', host: '127.0.0.1', port: 0 },
        { kind: 'unix', path },
      ],
    });
    expect(server.addresses[1]).toEqual({ kind: 'unix', path });
    const status = await new Promise((resolve, reject) => {
      request({ socketPath: path, path: '/api/runs' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });
});
