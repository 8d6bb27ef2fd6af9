/** Other servers, other protocols: timed as far as they can be told apart, and labelled where they cannot. */
import { expect, it } from 'vitest';
import { request } from './client.ts';
import { CLIENT_V6, GUEST, GUEST_V6, PORTS } from './guest-services.ts';
import { bytesSince, exchange, PLAIN, type TrafficLab } from './traffic-lab.ts';

const SLEEP_NS = 100e6;
/** More than the two that Nginx sends after a handshake of TLS 1.3. */
const TICKETS_BYTES = 700;
/** What a request lacks that a ticket crossed: the begin of its answer on the host, or the service in the guest. */
const CROSSED = ['tap.rx,port.tx,nic.tx', 'app.read,app.write'];
/** More than the head and body of one HTTP/2 answer of /sleep, in its TLS record or records. */
const ANSWER_BYTES = 150;
const sleep = request('GET', '/sleep/100');
const upgrade = request(
  'GET',
  '/chat',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
);

export function protocolRows(lab: () => TrafficLab): void {
  it('a server that is not Nginx: the same paths', async () => {
    const connection = await lab().connect(PORTS.app);
    const bytes = [];
    for (let i = 0; i < 3; i++) bytes.push(await exchange(connection, request('GET', '/hello'), 'hello\n'));
    await lab().expectPaths(
      connection,
      bytes.map((each) => ({ ...PLAIN, path: '/hello', ...each })),
    );
  });

  it('several workers and connections at once: each its own paths', async () => {
    const connections = await Promise.all(Array.from({ length: 8 }, () => lab().connect(PORTS.workers)));
    const all = await Promise.all(
      connections.map(async (connection) => [
        await exchange(connection, sleep, 'ok\n'),
        await exchange(connection, request('GET', '/small'), 'ok\n'),
      ]),
    );
    for (const [i, connection] of connections.entries()) {
      await lab().expectPaths(connection, [
        { ...PLAIN, path: '/sleep/100', ...all[i]![0] },
        { ...PLAIN, ...all[i]![1] },
      ]);
    }
  });

  it('an app behind Nginx on the loopback: one path, at the NIC', async () => {
    const connection = await lab().connect(PORTS.workers);
    const bytes = await exchange(connection, request('GET', '/app/hello'), 'hello\n');
    await lab().expectPaths(connection, [{ ...PLAIN, path: '/app/hello', ...bytes }]);
    const newest = await lab().run.newest(500);
    expect(newest.filter(({ client }) => client.address === '127.0.0.1')).toEqual([]);
  });

  it('IPv6: the same path, with its addresses', async () => {
    const connection = await lab().connect(PORTS.workers, { host: GUEST_V6 });
    const bytes = await exchange(connection, request('GET', '/small'), 'ok\n');
    const ends = { client: { address: CLIENT_V6, port: connection.port }, server: { address: GUEST_V6 } };
    await lab().expectPaths(connection, [{ ...PLAIN, ...bytes, ...ends }]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: requests timed without decrypting, its handshake apart',
    async (tls) => {
      const connection = await lab().connect(PORTS.tls, { tls });
      const handshake = bytesSince({ sent: 0, received: 0 }, await connection.traffic());
      for (let i = 0; i < 3; i++) await exchange(connection, sleep, 'ok\n');
      const { sent, received } = await connection.traffic();
      await lab().reported(connection, (paths) => {
        const requests = paths.filter((path) => path.class === 'request');
        expect(paths[0]).toMatchObject({ class: 'handshake' });
        // The first may have come with the end of the handshake; it is no request of its own then.
        expect(requests.length).toBeGreaterThanOrEqual(2);
        expect(requests.length).toBeLessThanOrEqual(3);
        for (const [i, path] of requests.entries()) {
          expect(path).toMatchObject({ protocol: 'tls', method: '', path: '', status: 0 });
          const mayCross = tls === 'TLSv1.3' && i === 0;
          expect(mayCross ? ['', ...CROSSED] : ['']).toContain(path.missing.join());
          // Nginx counts its sleep from where its loop began, and that may have been with the handshake.
          if (i > 0) expect(path.endToEndNs).toBeGreaterThan(SLEEP_NS);
        }
        expect(paths.reduce((sum, path) => sum + path.requestBytes, 0)).toBe(sent);
        // A ticket that crosses the first request is the handshake's at one vantage and the request's at the other.
        const answered = paths.reduce((sum, path) => sum + path.responseBytes, 0);
        expect(answered).toBeGreaterThanOrEqual(received);
        expect(answered).toBeLessThan(received + (tls === 'TLSv1.3' ? TICKETS_BYTES : 1));
        expect(handshake.requestBytes).toBeLessThan(sent);
      });
    },
  );

  it.each([
    ['cleartext', PORTS.h2c, undefined],
    ['over TLS', PORTS.h2, 'TLSv1.3'],
    // Under TLS it is told by a record of the client that must be the only one of its segment: a busy client may send
    // another one along, and is asked again then.
  ] as const)('HTTP/2 %s: multiplexed, no request of its own is made up', { retry: 2 }, async (how, port, tls) => {
    const target = { host: GUEST, port, ...(tls && { tls }) };
    const paths = Array.from({ length: 6 }, () => '/sleep/100');
    const sinceMs = Date.now();
    const { localPort, statuses, received } = await lab().client.call('http2', target, paths);
    expect(statuses).toEqual(paths.map(() => 200));
    await lab().reported({ port: localPort, serverPort: port, sinceMs }, (reported) => {
      const labels = reported.map((path) => path.class);
      expect(labels).toContain('multiplexed');
      if (how === 'cleartext') expect(reported.map(({ protocol }) => protocol)).toEqual(labels.map(() => 'http/2'));
      // An answer that came quicker than the service answers is none.
      const made = reported.filter((path) => path.class === 'request' && (path.endToEndNs as number) < SLEEP_NS);
      expect(made).toEqual([]);
      // An answer that crosses a request is one path's at one vantage and the next one's at the other.
      const answered = reported.reduce((sum, path) => sum + path.responseBytes, 0);
      expect(answered).toBeGreaterThanOrEqual(received);
      expect(answered).toBeLessThanOrEqual(received + (reported.length - 1) * ANSWER_BYTES);
    });
  });

  it('WebSocket: a class of its own, from the upgrade on', async () => {
    const connection = await lab().connect(PORTS.app);
    const bytes = await exchange(connection, upgrade, '\r\n\r\n');
    for (const word of ['one', 'two', 'three']) await exchange(connection, word, word);
    const { sent, received } = await connection.traffic();
    await lab().reported(connection, (paths) => {
      expect(paths[0]).toMatchObject({ class: 'stream', path: '/chat', status: 101, ...bytes });
      expect(paths.map((path) => path.class)).toEqual(paths.map(() => 'stream'));
      expect(paths.reduce((sum, path) => sum + path.requestBytes, 0)).toBe(sent);
      expect(paths.reduce((sum, path) => sum + path.responseBytes, 0)).toBe(received);
    });
  });

  it('WebSocket: what the server says unasked is no path', async () => {
    const connection = await lab().connect(PORTS.app);
    await exchange(connection, upgrade, '\r\n\r\n');
    await exchange(connection, 'x'.repeat(70_000), 'x'.repeat(70_000));
    await lab().reported(connection, (paths) => {
      expect(paths.map((path) => path.class)).toEqual(paths.map(() => 'stream'));
      expect(paths.map((path) => path.status)).toEqual([101, ...paths.slice(1).map(() => 0)]);
    });
  });

  it('long-polls: a stream where the server is told their path', async () => {
    const connection = await lab().connect(PORTS.app);
    const bytes = await exchange(connection, request('GET', '/poll?ms=800'), 'news\n');
    const [path] = await lab().expectPaths(connection, [{ ...PLAIN, class: 'stream', path: '/poll', ...bytes }]);
    expect(path?.endToEndNs).toBeGreaterThan(800e6);
  });
}
