import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LoadGenerator, type LoadPlan } from '../../lab/load-generator.ts';

const MS = 1e6;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function plan(port: number, overrides: Partial<LoadPlan> = {}): LoadPlan {
  const { host, path } = { host: '127.0.0.1', path: '/' };
  return { host, port, path, rate: 200, durationS: 1, connections: 4, maxConnections: 500, ...overrides };
}

describe('LoadGenerator', () => {
  it('sends exactly rate × duration requests, each with its own number', async () => {
    const numbers = new Set<string>();
    const port = await listen(
      createServer((request, response) => {
        numbers.add(new URL(request.url!, 'http://x').searchParams.get('n')!);
        response.end('ok');
      }),
    );
    const load = await new LoadGenerator(plan(port)).run();
    expect(load).toMatchObject({ sent: 200, answered: 200, errors: 0, connections: 4, rate: 200, durationS: 1 });
    expect(numbers.size).toBe(200);
  });

  it('is not late with the first requests, while its thread comes up', async () => {
    const port = await listen(createServer((_request, response) => void response.end('ok')));
    // Fifty due in the first 50 ms, which is about what a thread takes.
    const { lateness } = await new LoadGenerator(plan(port, { rate: 1000, durationS: 0.05, connections: 50 })).run();
    expect(lateness.p50! / MS).toBeLessThan(30);
  });

  it('does not hide a server that stalls: every request that fell due meanwhile waits', async () => {
    // It answers nothing for 1 s out of 2.5 s: of 500 requests at 200/s, 200 fall due in the stall.
    const firstMs = Promise.withResolvers<number>();
    const port = await listen(
      createServer(async (_request, response) => {
        firstMs.resolve(performance.now());
        const stallEndsMs = (await firstMs.promise) + 1500;
        const sinceEndMs = performance.now() - stallEndsMs;
        if (sinceEndMs > -1000 && sinceEndMs < 0) await new Promise((done) => setTimeout(done, -sinceEndMs));
        response.end('ok');
      }),
    );
    const load = await new LoadGenerator(plan(port, { durationS: 2.5 })).run();
    expect(load).toMatchObject({ sent: 500, answered: 500, errors: 0 });
    // A fifth of all requests came in the first half second of the stall and waited 500 ms or more.
    expect(load.p90! / MS).toBeGreaterThan(650);
    expect(load.p99! / MS).toBeGreaterThan(900);
    expect(load.p50! / MS).toBeLessThan(400);
  });

  it('times requests that wait for a connection from when they were due', async () => {
    const port = await listen(createServer((_request, response) => void setTimeout(() => response.end('ok'), 50)));
    // One connection serves 20 a second, 100 a second fall due: the last of 50 waits about 2 s.
    const load = await new LoadGenerator(
      plan(port, { rate: 100, durationS: 0.5, connections: 1, maxConnections: 1 }),
    ).run();
    expect(load).toMatchObject({ sent: 50, answered: 50, errors: 0 });
    expect(load.p99! / MS).toBeGreaterThan(1500);
    expect(load.fromSend.p99! / MS).toBeLessThan(500);
  });

  it('opens a connection per request when asked to', async () => {
    let connections = 0;
    const server = createServer((_request, response) => void response.end('ok'));
    server.on('connection', () => connections++);
    const load = await new LoadGenerator(plan(await listen(server), { connections: null })).run();
    expect(load).toMatchObject({ sent: 200, answered: 200, errors: 0, connections: 0 });
    expect(connections).toBe(200);
  });

  it('counts each request that gets no answer as an error, to the unit', async () => {
    let accepted = 0;
    const port = await listen(
      createTcpServer((socket) => {
        accepted++;
        socket.on('data', () => socket.destroy());
      }),
    );
    const load = await new LoadGenerator(plan(port, { rate: 100 })).run();
    expect(load).toMatchObject({ sent: 100, answered: 0, errors: 100, p50: null });
    expect(accepted).toBeGreaterThan(4);
  });

  it('takes no answer for a request that it did not send', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    let connections = 0;
    const port = await listen(
      createTcpServer((socket) => {
        // The first connections speak before they are asked.
        if (connections++ < 4) socket.write(answer);
        socket.on('data', () => void socket.write(answer)).on('error', () => {});
      }),
    );
    const load = await new LoadGenerator(plan(port, { rate: 100 })).run();
    expect(load.answered + load.errors).toBe(100);
    expect(load.sent).toBe(100);
    expect(connections).toBeGreaterThan(4);
  });

  it('counts answers and errors exactly when there is no server at all', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise<void>((closed) => server.close(() => closed()));
    expect(await new LoadGenerator(plan(port, { durationS: 0.2 })).run()).toMatchObject({
      sent: 40,
      answered: 0,
      errors: 40,
    });
  });

  it('ends early when stopped and reports the time it really ran', async () => {
    const server = createServer((_request, response) => void response.end('ok'));
    const port = await listen(server);
    const generator = new LoadGenerator(plan(port, { durationS: Number.POSITIVE_INFINITY }));
    let requests = 0;
    server.on('request', () => {
      if (++requests === 60) generator.stop();
    });
    const load = await generator.run();
    expect(load.answered).toBe(load.sent);
    expect(load.sent).toBeGreaterThanOrEqual(60);
    expect(load.sent).toBeLessThan(200);
    expect(load.durationS).toBeGreaterThan(0.25);
    expect(load.durationS).toBeLessThan(1);
  });
});
