/** The service in the VM and its client: node:http on both ends, every byte counted by the client's own socket. */
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Namespace } from './namespace.ts';

export interface Exchanged {
  status: number;
  clientPort: number;
  /** Bytes of the whole request and the whole response on the wire's TCP stream, heads included. */
  requestBytes: number;
  responseBytes: number;
}

/** `GET /bytes/<n>` answers n bytes, `POST` the number of bytes it read, `/never` nothing at all. */
export function serve(inside: Namespace, port: number): http.Server {
  const server = http.createServer((request, response) => {
    let read = 0;
    request.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    request.on('end', () => {
      if (request.url === '/never') return;
      const size = Number(/^\/bytes\/(\d+)/.exec(request.url ?? '')?.[1] ?? -1);
      response.end(size >= 0 ? Buffer.alloc(size, 'x') : String(read));
    });
  });
  server.keepAliveTimeout = 60_000;
  // Without a host name node listens at once, so the socket is made inside.
  inside.inside(() => server.listen(port));
  if ((server.address() as AddressInfo).port !== port) throw new Error(`port ${port} is not ours`);
  return server;
}

interface Ask {
  host: string;
  port: number;
  path?: string;
  agent?: http.Agent | false;
  body?: Uint8Array;
}

/** One request to its end. */
export function ask({ host, port, path = '/', agent = false, body }: Ask): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, path, agent, method: body ? 'POST' : 'GET' });
    let before = { read: 0, written: 0 };
    request.on('socket', (socket: Socket) => {
      before = { read: socket.bytesRead, written: socket.bytesWritten };
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const { socket } = response;
      const clientPort = socket.localPort ?? 0;
      response.resume().on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          clientPort,
          requestBytes: socket.bytesWritten - before.written,
          responseBytes: socket.bytesRead - before.read,
        });
      });
    });
    request.end(body);
  });
}

/** `count` requests, `lanes` at a time. */
export async function askMany(count: number, lanes: number, ask: () => Promise<Exchanged>): Promise<Exchanged[]> {
  const done: Exchanged[] = [];
  let left = count;
  const lane = async () => {
    while (left-- > 0) done.push(await ask());
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return done;
}
