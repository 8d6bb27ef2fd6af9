import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { webSocketRoute } from '../../agent/web-socket-route.ts';

it('the way over the network carries a frame as it is: nobody spends time on a mask', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const frame = Uint8Array.from({ length: 70_000 }, (_, i) => i * 31);
  const route = webSocketRoute(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const link = route.open({ open: () => link.send(frame), text: () => undefined, lost: () => undefined });
  const [socket, { socket: wire }] = (await once(server, 'connection')) as [WebSocket, IncomingMessage];
  const carried: Buffer[] = [];
  wire.prependListener('data', (bytes) => carried.push(Buffer.from(bytes)));
  const [message] = await once(socket, 'message');
  expect(new Uint8Array(message)).toEqual(frame);
  expect(Buffer.concat(carried).includes(Buffer.from(frame))).toBe(true);
  link.close();
  server.close();
});
