/** Connections that end, or do not, in other ways than after a response. */
import { expect, it } from 'vitest';
import { request } from './client.ts';
import { PORTS } from './guest-services.ts';
import { bytesSince, exchange, PLAIN, type TrafficLab } from './traffic-lab.ts';

const small = request('GET', '/small');

export function endingRows(lab: () => TrafficLab): void {
  it('the client breaks off before the response: no time is made up for it', async () => {
    const connection = await lab().connect(PORTS.nginx);
    const text = request('GET', '/sleep/900');
    await connection.send(text);
    await connection.reset();
    const unanswered = { complete: false, endToEndNs: null, status: 0, responseBytes: 0 };
    const flags = expect.arrayContaining(['reset']);
    const [path] = await lab().expectPaths(connection, [
      // The service may have been told of the end before it read a byte.
      { method: expect.stringMatching(/^(GET)?$/), requestBytes: text.length, ...unanswered, flags },
    ]);
    expect(path?.missing).toEqual(expect.arrayContaining(['app.write', 'vnic.tx', 'tap.rx', 'nic.tx']));
  });

  it('the client leaves, and is answered all the same: an ordinary path', async () => {
    const connection = await lab().connect(PORTS.nginx);
    const before = await connection.traffic();
    await connection.send(request('GET', '/sleep/300'));
    await connection.end();
    await connection.until('ok\n');
    const bytes = bytesSince(before, await connection.traffic());
    const [path] = await lab().expectPaths(connection, [{ ...PLAIN, path: '/sleep/300', ...bytes }]);
    expect(path?.endToEndNs).toBeGreaterThan(300e6);
  });

  it('the client has said all and still listens: an ordinary path', async () => {
    const connection = await lab().connect(PORTS.app);
    const before = await connection.traffic();
    await connection.send(request('GET', '/later?ms=3000', 'Connection: close'));
    await connection.end();
    await connection.closed();
    const bytes = bytesSince(before, await connection.traffic());
    await lab().expectPaths(connection, [{ ...PLAIN, path: '/later', ...bytes }]);
  });

  it('a reset amid the response: flagged', async () => {
    const connection = await lab().connect(PORTS.app);
    await connection.send(request('GET', '/large?bytes=4000000'));
    await connection.until('hopscope', 100);
    await connection.reset();
    const reset = { path: '/large', status: 200, flags: expect.arrayContaining(['reset']) };
    await lab().expectPaths(connection, [reset]);
  });

  it('a reset right after a complete response: the path is whole', async () => {
    const connection = await lab().connect(PORTS.nginx);
    const bytes = await exchange(connection, small, 'ok\n');
    await connection.reset();
    const [path] = await lab().expectPaths(connection, [{ ...PLAIN, ...bytes, flags: expect.any(Array) }]);
    expect(path?.flags.filter((flag) => flag !== 'reset')).toEqual([]);
  });

  it('half-open: a connection that asks nothing has no path', async () => {
    const connection = await lab().connect(PORTS.nginx);
    await lab().expectPaths(connection, []);
    const bytes = await exchange(connection, small, 'ok\n');
    await lab().expectPaths(connection, [{ ...PLAIN, ...bytes }]);
  });

  it('the same port again after a reset: a path each, none mixed', async () => {
    const first = await lab().connect(PORTS.nginx);
    const one = await exchange(first, small, 'ok\n');
    await first.reset();
    const second = await lab().connect(PORTS.nginx, { localPort: first.port });
    const two = await exchange(second, request('GET', '/'), '.\n');
    await second.reset();
    const flags = expect.any(Array);
    await lab().expectPaths(first, [
      { ...PLAIN, ...one, flags },
      { ...PLAIN, path: '/', ...two, flags },
    ]);
  });

  it('the same port again after an unanswered request: the new request is timed by itself', async () => {
    const first = await lab().connect(PORTS.nginx);
    await first.send(request('GET', '/sleep/900'));
    await first.reset();
    const second = await lab().connect(PORTS.nginx, { localPort: first.port });
    const bytes = await exchange(second, small, 'ok\n');
    await second.reset();
    await lab().reported(first, (paths) => {
      const answered = paths.filter(({ status }) => status !== 0);
      expect(answered).toMatchObject([{ ...PLAIN, ...bytes, flags: expect.any(Array) }]);
      expect(answered[0]?.endToEndNs).toBeLessThan(900e6);
    });
  });
}
