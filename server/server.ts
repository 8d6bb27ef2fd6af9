/** One running server: pipeline, sockets, API and ticks put together, and taken down together. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { makeApi } from './api.ts';
import { Ingest } from './ingest.ts';
import { addressUrl, type ListenAddress } from './listen-address.ts';
import { LIVE_TICK_MS, Live } from './live.ts';
import type { ServerOptions } from './options.ts';
import { originFault } from './origin.ts';
import { Pipeline, type PipelineOptions, TICK_MS } from './pipeline.ts';
import { MemoryStore } from './store/memory.ts';
import { Views } from './views.ts';

export interface RunningServer {
  /** Where it really listens: a port 0 has become a number. */
  readonly addresses: readonly ListenAddress[];
  readonly pipeline: Pipeline;
  readonly ingest: Ingest;
  readonly live: Live;
  /** Tell everybody, stop listening, wait for what is being answered. */
  close(): Promise<void>;
}

export interface ServerParts {
  log: Logger;
  /** Wall clock, ms. */
  now: () => number;
  onPaths?: PipelineOptions['onPaths'];
  helloTimeoutMs?: number;
}

/** @throws the listen error of the first address that cannot be had (`EADDRINUSE`, `EACCES`, …), with nothing left open */
export async function startServer(options: ServerOptions, parts: ServerParts): Promise<RunningServer> {
  const { log, now } = parts;
  const liveDrops = { 'live.skipped': 0 };
  const store = new MemoryStore();
  const pipeline = new Pipeline({ now, store, run: options.run, laterDrops: liveDrops, ...picked(parts) });
  const ingest = new Ingest({
    token: options.token,
    registry: pipeline.registry,
    sink: pipeline,
    now,
    log: (message, detail) => log.info(detail, message),
    ...(parts.helloTimeoutMs === undefined ? {} : { helloTimeoutMs: parts.helloTimeoutMs }),
  });
  const views = new Views(pipeline, () => ({ ...ingest.counts, ...live.counts }));
  const live = new Live(pipeline, views, liveDrops);
  let notReady: string | null = 'starting';
  const api = makeApi({
    pipeline,
    views,
    token: options.token,
    allowOrigins: options.allowOrigins,
    dashboard: options.dashboard,
    log,
    liveClients: () => live.clients,
    notReady: () => notReady,
  });
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    notReady = 'stopping';
    clearInterval(ticker);
    clearInterval(liveTicker);
    ingest.close();
    live.close();
    await Promise.all(servers.map(closeServer));
    await pipeline.store.close();
  };
  const ticker = setInterval(() => {
    pipeline.tick();
    ingest.acknowledge();
  }, TICK_MS);
  const liveTicker = setInterval(() => live.tick(), LIVE_TICK_MS);
  try {
    for (const address of options.listen) {
      const server = createServer(api);
      server.on('upgrade', (request, socket, head) => upgrade({ ingest, live, options }, request, socket, head));
      servers.push(await listen(server, address));
    }
  } catch (error) {
    await close();
    throw error;
  }
  notReady = null;
  return { addresses: servers.map(boundAddress), pipeline, ingest, live, close };
}

function picked({ onPaths }: ServerParts): Pick<PipelineOptions, 'onPaths'> {
  return onPaths === undefined ? {} : { onPaths };
}

interface Streams {
  ingest: Ingest;
  live: Live;
  options: ServerOptions;
}

function upgrade({ ingest, live, options }: Streams, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  // A peer that resets before the handshake is over must not become an exception.
  socket.on('error', () => socket.destroy());
  const path = (request.url ?? '').split('?', 1)[0];
  if (path === '/agent') ingest.upgrade(request, socket, head);
  else if (path !== '/live') reject(socket, '404 Not Found', 'WebSockets are at /live and /agent');
  else {
    const fault = originFault(request, options.allowOrigins);
    if (fault === null) live.upgrade(request, socket, head);
    else {
      live.counts['live.refused']++;
      reject(socket, '403 Forbidden', fault);
    }
  }
}

function reject(socket: Duplex, status: string, message: string): void {
  const body = `${message}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function listen(server: Server, address: ListenAddress): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(Object.assign(error, { listenAddress: address })));
    const done = () => {
      server.removeAllListeners('error');
      resolve(server);
    };
    if (address.kind === 'unix') server.listen(address.path, done);
    else server.listen(address.port, address.host, done);
  });
}

function boundAddress(server: Server): ListenAddress {
  const address = server.address() as AddressInfo | string;
  if (typeof address === 'string') return { kind: 'unix', path: address };
  return { kind: 'tcp', host: address.address, port: address.port };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // An answer under way gets a second; then the connection goes.
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  });
}

export function listenFailure(error: NodeJS.ErrnoException & { listenAddress?: ListenAddress }): string {
  const at = error.listenAddress === undefined ? '' : addressUrl(error.listenAddress);
  if (error.code === 'EADDRINUSE') {
    const port = error.listenAddress?.kind === 'tcp' ? `port ${error.listenAddress.port}` : at;
    return `${port} is in use (${at}): stop what listens there, or choose another with --listen 127.0.0.1:PORT.`;
  }
  if (error.code === 'EACCES') return `${at} may not be used by this user: choose a port above 1023 with --listen.`;
  if (error.code === 'EADDRNOTAVAIL') return `${at} is not an address of this machine: see ip -brief address.`;
  return `cannot listen on ${at}: ${error.message}`;
}
