/** One running server: pipeline, sockets, API and ticks put together, and taken down together. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { makeApi } from './api.ts';
import { readEarlier } from './earlier.ts';
import { Ingest } from './ingest.ts';
import type { JoinerWaits } from './join/joiner-options.ts';
import { KeptRuns } from './kept-runs.ts';
import { boundAddress, closeServer, listen } from './listen.ts';
import { addressUrl, type ListenAddress } from './listen-address.ts';
import { Live } from './live.ts';
import { MAINTENANCE_MS, Maintenance } from './maintenance.ts';
import { Notifier } from './notify/notifier.ts';
import { openStore } from './open-store.ts';
import type { ServerOptions } from './options.ts';
import { originFault } from './origin.ts';
import { PathExport } from './path-export.ts';
import { Pipeline, TICK_MS } from './pipeline.ts';
import { RunKeeper } from './run-keeper.ts';
import { SloEngine } from './slo-engine.ts';
import { SloFile } from './slo-file.ts';
import { DuckDbStore } from './store/duckdb.ts';
import { Views } from './views.ts';

const SLO_TICK_MS = 1_000;

export interface RunningServer {
  /** Where it really listens, in the order of the options. */
  readonly addresses: readonly ListenAddress[];
  readonly pipeline: Pipeline;
  readonly live: Live;
  readonly slo: SloEngine;
  /** Tell everybody, stop listening, wait for what is being answered. */
  close(): Promise<void>;
}

export interface Surroundings {
  log: Logger;
  /** Wall clock, ms. */
  now: () => number;
  /** An agent that says nothing is refused after this long. */
  helloTimeoutMs?: number;
  /** How long records wait for their partner, where not as the joiner has it. */
  waits?: JoinerWaits;
}

/** @throws StoreError, ObjectivesError, or ListenError of the first address that cannot be had, with nothing left open */
export async function startServer(options: ServerOptions, around: Surroundings): Promise<RunningServer> {
  const { log, now } = around;
  const store = await openStore(options, () => pipeline.vmTable, log);
  const lasting = store instanceof DuckDbStore ? store : null;
  const pathExport: PathExport = await PathExport.start(log, now, () => pipeline);
  const liveDrops = { 'live.skipped': 0 };
  const earlier = lasting && (await readEarlier(lasting, log));
  const servers: Server[] = [];
  const addresses: ListenAddress[] = [];
  const url = () => options.externalUrl ?? firstUrl(addresses);
  const notifier: Notifier = new Notifier({ receivers: options.receivers, url, log, now, random: Math.random });
  const pipeline: Pipeline = new Pipeline({
    now,
    store,
    ...(earlier && { earlier }),
    run: options.run,
    laterDrops: () => ({ ...liveDrops, ...pathExport.drops, ...notifyDrops(notifier) }),
    longPolls: options.longPolls,
    keepRun: options.keepRun,
    ...(around.waits && { waits: around.waits }),
    onPaths: pathExport.paths,
    onRelease: (run) => keeper?.save(run),
  });
  const engine = new SloEngine({ pipeline, log });
  const slo = { engine, file: new SloFile(options.objectives, engine, log) };
  const ingest = new Ingest({
    ...around,
    token: options.token,
    registry: pipeline.registry,
    sink: pipeline,
    isCrowded: (vantage) => pipeline.joiner.isCrowded(vantage),
    isBehind: () => pipeline.store.isBehind,
  });
  const counters = () => ({ ...ingest.counts, ...live.counts, ...pathExport.counters, ...notifier.counters });
  const views = new Views(pipeline, counters, () => notifier.views());
  const live = new Live(pipeline, views, liveDrops);
  let notReady: string | null = 'starting';
  const keeper = lasting && new RunKeeper(lasting, pipeline);
  const kept = new KeptRuns(pipeline, lasting && keeper && { store: lasting, keeper, log });
  const api = makeApi({
    ...options,
    pipeline,
    kept,
    views,
    slo,
    log,
    liveClients: () => live.clients,
    notReady: () => notReady,
  });
  const tick = async (): Promise<void> => {
    pipeline.tick();
    // At once: with a timer of its own what was joined just now would wait for that, too.
    live.tick();
    keeper?.tick(now());
    await pipeline.safeFrames.commit();
    ingest.acknowledge();
    ingest.resume();
  };
  const maintenance = new Maintenance(store, around);
  const tickers = [
    setInterval(() => void tick(), TICK_MS),
    setInterval(() => {
      engine.tick(now());
      void notifier.tick(engine.judged);
    }, SLO_TICK_MS),
    setInterval(() => void maintenance.run(), MAINTENANCE_MS),
  ];
  const closeNow = async (): Promise<void> => {
    notReady = 'stopping';
    for (const ticker of tickers) clearInterval(ticker);
    // What is stored is acknowledged, so that no agent gives it to the next server again; what waits here goes there.
    await pipeline.safeFrames.commit();
    keeper?.keep();
    await tick();
    ingest.close();
    live.close();
    await slo.file.close();
    await Promise.all([...servers.map(closeServer), pathExport.close(), notifier.close()]);
    await pipeline.store.close();
  };
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= closeNow();
    return closing;
  };
  try {
    await slo.file.start();
    const onUpgrade = upgrades(ingest, live, options.allowOrigins);
    for (const address of options.listen) {
      const server = await open(api, onUpgrade, address);
      servers.push(server);
      addresses.push(boundAddress(server));
    }
  } catch (error) {
    await close();
    throw error;
  }
  notReady = null;
  void maintenance.run();
  return { addresses, pipeline, live, slo: engine, close };
}

/** Where people reach it; null where that is a socket of this machine. */
function firstUrl(addresses: readonly ListenAddress[]): string | null {
  const address = addresses.find((one) => one.kind === 'tcp');
  if (address === undefined) return null;
  // Of all addresses of this machine none is the one to give.
  const isAny = address.host === '0.0.0.0' || address.host === '::';
  return addressUrl(isAny ? { ...address, host: hostname() } : address);
}

function notifyDrops(notifier: Notifier): Record<string, number> {
  return notifier.views().length === 0 ? {} : { 'notify.full': notifier.dropped };
}

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

function open(api: RequestListener, onUpgrade: UpgradeListener, address: ListenAddress): Promise<Server> {
  return listen(createServer(api).on('upgrade', onUpgrade), address);
}

/** Which WebSocket a request wants, and whether it may have it. */
function upgrades(ingest: Ingest, live: Live, allowOrigins: readonly string[]): UpgradeListener {
  return (request, socket, head) => {
    // A peer that resets before the handshake is over must not become an exception.
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === '/agent') {
      ingest.upgrade(request, socket, head);
      return;
    }
    const fault = path === '/live' ? originFault(request, allowOrigins) : null;
    if (path !== '/live') reject(socket, '404 Not Found', 'WebSockets are at /live and /agent');
    else if (fault === null) live.upgrade(request, socket, head);
    else {
      live.counts['live.refused']++;
      reject(socket, '403 Forbidden', fault);
    }
  };
}

function reject(socket: Duplex, status: string, message: string): void {
  const head = ['Connection: close', 'Content-Type: text/plain; charset=utf-8'];
  const body = `${message}\n`;
  socket.end(`HTTP/1.1 ${status}\r\n${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
