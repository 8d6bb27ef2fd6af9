import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Health, Summary } from '../../server/wire/views.ts';
import { exchanges, frame, hello, hostNowNs } from './exchanges.ts';
import { attach, getJson, Peer, read, type Started, start, TOKEN, taken } from './running-server.ts';

/** The server is what it was: it still joins, and still answers. */
async function stillWorks(server: Started): Promise<void> {
  const host = await attach(server, 'host', { agentId: `h${randomInt(1e9)}` });
  const guest = await attach(server, 'guest', { agentId: `g${randomInt(1e9)}` });
  const { joined } = (await getJson<Summary>(server, '/api/runs/current/summary')).exchanges;
  const records = exchanges(10, hostNowNs(), { port: randomInt(1024, 65_536) });
  host.peer.send(frame(1, records.host));
  guest.peer.send(frame(1, records.guest));
  await taken(server, host.peer, guest.peer);
  expect((await getJson<Summary>(server, '/api/runs/current/summary')).exchanges.joined).toBe(joined + 10);
}

/** Wrong in every way a JSON message can be wrong. */
function mutated(message: object): string {
  const text = JSON.stringify(message);
  const at = randomInt(text.length);
  const kinds = [
    () => text.slice(0, at),
    () => text.slice(0, at) + String.fromCharCode(randomInt(0xd800)) + text.slice(at + 1),
    () => text.replace(/:("[^"]*"|\d+)/, () => `:${['null', '[]', '{}', '-1', '1e999', '"x"'][randomInt(6)]}`),
    () => `[${text},${text}]`,
    () => '['.repeat(randomInt(1, 5_000)),
  ];
  return (kinds[randomInt(kinds.length)] as () => string)();
}

describe('garbage', () => {
  it('on /agent before a hello never stops the server', async () => {
    const server = await start();
    for (let i = 0; i < 60; i++) {
      const peer = await new Peer(`ws://${server.host}/agent`).opened();
      if (i % 2 === 0) peer.socket.send(randomBytes(randomInt(1, 2_000)));
      else peer.socket.send(mutated(hello('host', TOKEN)));
      // Nearly all are refused; a change within a text field leaves a good hello.
      await peer.next();
      peer.socket.terminate();
    }
    await stillWorks(server);
  });

  it('in frames of an attached agent never stops the server, and each is counted', async () => {
    const server = await start();
    const good = frame(1, exchanges(4, hostNowNs()).host);
    for (let i = 0; i < 60; i++) {
      const { peer } = await attach(server, 'host', { agentId: `fuzz${i}` });
      const bytes = Buffer.from(good);
      for (let flips = randomInt(1, 40); flips > 0; flips--) bytes[randomInt(bytes.length)] = randomInt(256);
      peer.send(i % 3 === 0 ? bytes.subarray(0, randomInt(bytes.length)) : bytes);
      await Promise.race([peer.closed, read(peer)]);
      peer.socket.terminate();
    }
    await stillWorks(server);
    const { counters } = await getJson<Health>(server, '/api/health');
    expect(counters['ingest.refused.malformed']).toBeGreaterThanOrEqual(20);
  });

  it.each(['/agent', '/live'])('below WebSocket on %s never stops the server', async (path) => {
    const server = await start();
    const [hostname, port] = server.host.split(':') as [string, string];
    for (let i = 0; i < 30; i++) {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
      const upgrade = `GET ${path} HTTP/1.1\r\nHost: ${server.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
      socket.on('error', () => undefined);
      socket.write(upgrade + (i % 4 === 0 ? '\r\n' : `${key}\r\n`));
      socket.write(randomBytes(randomInt(1, 500)));
      if (i % 3 === 0) socket.resetAndDestroy();
      else socket.end();
      socket.resume();
      await once(socket, 'close');
    }
    await stillWorks(server);
  });

  it('as HTTP is answered with an error and nothing else', async () => {
    const server = await start();
    for (const path of [
      '/api/runs/%00',
      '/api/paths/__proto__.1',
      '/api/runs/../../etc/passwd',
      '/%E0%A4%A',
      '/assets/..%2f..%2fpackage.json',
    ]) {
      const response = await fetch(server.url + path, { headers: { accept: 'application/json' } });
      expect(response.status, path).toBeGreaterThanOrEqual(400);
      expect(response.status, path).toBeLessThan(500);
    }
    await stillWorks(server);
  });
});
