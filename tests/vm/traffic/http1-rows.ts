/** HTTP/1 as it is framed, pipelined, paused and broken off. */
import { expect, it } from 'vitest';
import { request } from './client.ts';
import { PORTS } from './guest-services.ts';
import { bytesSince, exchange, PLAIN, type TrafficLab } from './traffic-lab.ts';

const BIG_BYTES = 256 * 1024;
const small = request('GET', '/small');

export function http1Rows(lab: () => TrafficLab): void {
  it('keep-alive: a path per request, in order, to the byte', async () => {
    const connection = await lab().connect(PORTS.nginx);
    const bytes = [];
    for (let i = 0; i < 5; i++) bytes.push(await exchange(connection, small, 'ok\n'));
    await lab().expectPaths(
      connection,
      bytes.map((each) => ({ ...PLAIN, ...each })),
    );
  });

  it('a connection per request: a path each, with the time of its handshake', async () => {
    for (let i = 0; i < 5; i++) {
      const connection = await lab().connect(PORTS.nginx);
      const bytes = await exchange(connection, request('GET', '/small', 'Connection: close'), 'ok\n');
      await connection.closed();
      const tcp = { connectNs: expect.any(Number), synRetries: 0 };
      await lab().expectPaths(connection, [{ ...PLAIN, ...bytes, tcp: expect.objectContaining(tcp) }]);
    }
  });

  it.each([
    ['a segment each', 3],
    ['in one segment', 1],
  ])('pipelined, %s: multiplexed, every byte accounted for', async (_how, sends) => {
    const connection = await lab().connect(PORTS.nginx);
    const asks = request('GET', '/sleep/100') + small + small;
    if (sends === 1) await connection.send(asks);
    else for (const each of [request('GET', '/sleep/100'), small, small]) await connection.send(each);
    await connection.until('ok\n', 3);
    const { received } = await connection.traffic();
    await lab().reported(connection, (paths) => {
      expect(paths.length).toBeGreaterThan(0);
      expect(paths.map((path) => path.class)).toEqual(paths.map(() => 'multiplexed'));
      expect(paths.reduce((sum, { responseBytes }) => sum + responseBytes, 0)).toBe(received);
      expect(paths.reduce((sum, { requestBytes }) => sum + requestBytes, 0)).toBe(asks.length);
    });
  });

  it('a head over many segments: timed from its first byte', async () => {
    const connection = await lab().connect(PORTS.nginx);
    const before = await connection.traffic();
    await connection.send('GET /small HTTP/1.1\r\nHost: guest\r\n');
    for (let i = 0; i < 20; i++) await connection.send(`X-Filler-${i}: ${'x'.repeat(300)}\r\n`);
    await connection.send('\r\n');
    await connection.until('ok\n');
    await lab().expectPaths(connection, [{ ...PLAIN, ...bytesSince(before, await connection.traffic()) }]);
  });

  it('a body of 1 MB up: one path, to the byte', async () => {
    const connection = await lab().connect(PORTS.app);
    const before = await connection.traffic();
    await connection.send(request('POST', '/upload', 'Content-Length: 1000000'));
    await connection.send('0123456789', 100_000);
    await connection.until('got 1000000\n');
    const bytes = bytesSince(before, await connection.traffic());
    await lab().expectPaths(connection, [{ ...PLAIN, method: 'POST', path: '/upload', ...bytes }]);
  });

  it('a body of 256 KiB down by sendfile: one path, to the byte, with its transfer', async () => {
    const connection = await lab().connect(PORTS.nginx);
    const before = await connection.traffic();
    await connection.send(request('GET', '/big'));
    await connection.until('hopscope', BIG_BYTES / 8);
    const bytes = bytesSince(before, await connection.traffic());
    const [path] = await lab().expectPaths(connection, [{ ...PLAIN, path: '/big', ...bytes }]);
    expect(path?.layers.find(({ layer }) => layer === 'transfer')?.ns).toBeGreaterThan(0);
  });

  it('chunks without pauses: an ordinary path', async () => {
    const connection = await lab().connect(PORTS.app);
    const bytes = await exchange(connection, request('GET', '/chunked?n=10&ms=0'), 'last\n\r\n0\r\n\r\n');
    await lab().expectPaths(connection, [{ ...PLAIN, path: '/chunked', ...bytes }]);
  });

  it.each([30, 150])('chunks %i ms apart: one path with every byte, whatever it was reported as first', async (ms) => {
    const connection = await lab().connect(PORTS.app);
    const bytes = await exchange(connection, request('GET', `/chunked?n=5&ms=${ms}`), 'last\n\r\n0\r\n\r\n');
    const [path] = await lab().expectPaths(connection, [
      {
        ...{ method: 'GET', path: '/chunked', status: 200, protocol: 'http/1', complete: true },
        ...bytes,
        class: expect.stringMatching(/request|stream/),
        flags: expect.any(Array),
      },
    ]);
    expect(path?.endToEndNs).toBeGreaterThan(5 * ms * 0.9e6);
    // One that was taken for over once is not an ordinary request.
    if (path?.flags.includes('continued')) expect(path.class).toBe('stream');
  });

  it('a keep-alive request after a paused response: a path of its own', async () => {
    const connection = await lab().connect(PORTS.app);
    await exchange(connection, request('GET', '/chunked?n=3&ms=150'), 'last\n\r\n0\r\n\r\n');
    const bytes = await exchange(connection, request('GET', '/hello'), 'hello\n');
    await lab().expectPaths(connection, [{ path: '/chunked' }, { ...PLAIN, path: '/hello', ...bytes }]);
  });

  it('HEAD, 304 and 404: their status and bytes', async () => {
    const connection = await lab().connect(PORTS.nginx);
    const head = await exchange(connection, request('HEAD', '/big'), '\r\n\r\n');
    const future = 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT';
    const notModified = await exchange(connection, request('GET', '/small', future), '\r\n\r\n');
    const notFound = await exchange(connection, request('GET', '/nowhere'), '</html>\r\n');
    await lab().expectPaths(connection, [
      { ...PLAIN, method: 'HEAD', path: '/big', ...head },
      { ...PLAIN, status: expect.toBeOneOf([304, 200]), ...notModified },
      { ...PLAIN, path: '/nowhere', status: 404, ...notFound },
    ]);
  });

  it('100-continue: one path with the final status, flagged interim', async () => {
    const connection = await lab().connect(PORTS.app);
    const before = await connection.traffic();
    await connection.send(request('POST', '/upload', 'Content-Length: 5000', 'Expect: 100-continue'));
    await connection.until('100 Continue\r\n\r\n');
    const interim = (await connection.traffic()).received - before.received;
    await connection.send('x', 5000);
    await connection.until('got 5000\n');
    const { requestBytes, responseBytes } = bytesSince(before, await connection.traffic());
    const expected = { ...PLAIN, method: 'POST', path: '/upload', flags: ['interim'] };
    // The response is the final one.
    await lab().expectPaths(connection, [{ ...expected, requestBytes, responseBytes: responseBytes - interim }]);
  });
}
