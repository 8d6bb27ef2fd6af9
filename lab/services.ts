/** The project's own processes of a run, started as a user would: server, relay, host agent. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from './child.ts';
import { LabError } from './command.ts';
import { insideNamespace, UPLINK } from './network.ts';
import type { RunState } from './run-state.ts';

/** Inside the host namespace, and for guests behind the control gateway, the server is always here. */
export const CONTROL_PORT = 7117;

/** Where a guest hands out its access log, on the control network. */
export const ACCESS_LOG_PORT = 7118;

/** What leads to a guest's access log inside the host namespace. @param index of the guest in its run */
export function accessLogPort(index: number): number {
  return ACCESS_LOG_PORT + index;
}

const FRONT_DOOR = join(import.meta.dirname, '..', 'hopscope.ts');
const RELAY = join(import.meta.dirname, 'relay.ts');
const RESTART_AFTER_MS = 1000;
const MAX_QUICK_ENDS = 3;
const QUICK_MS = 5000;

export interface ServiceContext {
  state: RunState;
  logsDir: string;
  tokenFile: string;
  warn: (message: string) => void;
  /** Ends the run with a message for the user. */
  fatal: (error: LabError) => void;
}

/** Whoever starts a run and has something to tell its server gives the token by this variable. */
const TOKEN_VARIABLE = 'HOPSCOPE_LAB_TOKEN';

export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** The environment of a run whose token is given. */
export function withToken(token: string): NodeJS.ProcessEnv {
  return { ...process.env, [TOKEN_VARIABLE]: token };
}

/** Writes the run's token where only its owner can read it. */
export function makeToken(state: RunState): { token: string; tokenFile: string } {
  const token = process.env[TOKEN_VARIABLE] || newToken();
  const tokenFile = join(state.dir, 'token');
  closeSync(openSync(tokenFile, 'wx', 0o600));
  writeFileSync(tokenFile, token);
  return { token, tokenFile };
}

/** Rejects when somebody else listens on the port already. */
export async function checkPortFree(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const probe = createServer();
  probe.once('error', (error: NodeJS.ErrnoException) => {
    const taken = error.code === 'EADDRINUSE';
    const what = taken ? `Port ${port} is in use` : `Port ${port} cannot be opened (${error.code})`;
    reject(new LabError(`${what}: choose another with --port-http, or end what listens there (ss -tlnp).`));
  });
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  return promise;
}

interface KeptCommand {
  /** `server`, `host agent`. */
  name: string;
  command: string[];
  logFile: string;
  /** Whether the run goes on without it for a moment. */
  survives: (how: string) => boolean;
  beforeStart?: () => void;
}

/** A process that is started again when it ends although nobody asked it to. */
export class KeptProcess {
  readonly #context: ServiceContext;
  readonly #kept: KeptCommand;
  #stopping = false;
  #quickEnds = 0;
  child: Child;
  restarts = 0;

  constructor(context: ServiceContext, kept: KeptCommand) {
    this.#context = context;
    this.#kept = kept;
    this.child = this.#start();
  }

  /** From here on its end is no accident. */
  stop(): void {
    this.#stopping = true;
  }

  #start(): Child {
    const { command, logFile, beforeStart } = this.#kept;
    const startedMs = performance.now();
    beforeStart?.();
    const child = startChild(command, { state: this.#context.state, logFile });
    child.ended.then((how) => this.#ended(how, performance.now() - startedMs));
    return child;
  }

  async #ended(how: string, livedMs: number): Promise<void> {
    if (this.#stopping) return;
    const { warn, fatal } = this.#context;
    const { name, logFile, survives } = this.#kept;
    this.#quickEnds = livedMs < QUICK_MS ? this.#quickEnds + 1 : 0;
    if (!survives(how) || this.#quickEnds >= MAX_QUICK_ENDS) {
      const ended = this.#quickEnds >= MAX_QUICK_ENDS ? 'keeps ending' : 'ended';
      return fatal(new LabError(`The ${name} ${ended} (${how}).\n${logTail(logFile)}`));
    }
    warn(`the ${name} ended (${how}); starting it again, agents keep their records meanwhile`);
    await delay(RESTART_AFTER_MS);
    if (this.#stopping) return;
    this.restarts++;
    this.child = this.#start();
  }
}

/** What the server is to judge, and whom it tells. */
export interface Promised {
  /** A file of this machine. */
  readonly objectives?: string | null;
  /** Addresses, or `@FILE`. */
  readonly notify?: readonly string[];
  readonly alertmanager?: readonly string[];
}

/** The same flags, for `hopscope server`. */
export function promisedFlags({ objectives, notify = [], alertmanager = [] }: Promised): string[] {
  return [
    ...(objectives ? ['--objectives', objectives] : []),
    ...notify.flatMap((url) => ['--notify', url]),
    ...alertmanager.flatMap((url) => ['--alertmanager', url]),
  ];
}

/** @param flags further ones of `hopscope server` */
export function keepServer(context: ServiceContext, port: number, run: string, flags: string[] = []): KeptProcess {
  const { state, logsDir, tokenFile } = context;
  const listen = ['--listen', `127.0.0.1:${port}`, '--listen', `unix:${serverSocket(state)}`];
  // The lab says itself which run begins when.
  const own = ['--token-file', tokenFile, '--run', run, '--keep-run', '--log-format', 'json'];
  return new KeptProcess(context, {
    name: 'server',
    command: [process.execPath, FRONT_DOOR, 'server', ...listen, ...own, ...flags],
    logFile: join(logsDir, 'server.log'),
    survives: () => true,
    // A killed server leaves its socket's file, on which the next one could not listen.
    beforeStart: () => rmSync(serverSocket(state), { force: true }),
  });
}

/** Carries agents' connections out of the host namespace; resolves when it listens. */
export function startRelay(context: ServiceContext, namespace: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const logFile = join(context.logsDir, 'relay.log');
  const relay = [process.execPath, RELAY, String(CONTROL_PORT), serverSocket(context.state)];
  const child = startChild(insideNamespace(namespace, relay), {
    state: context.state,
    logFile,
    onLine: (line) => {
      if (line === 'relay ready') resolve();
    },
  });
  child.ended.then((how) => context.fatal(new LabError(`The lab's relay ended (${how}).\n${logTail(logFile)}`)));
  return promise;
}

/** Its channel to the guest's agent it finds by itself, as the tap: on QEMU's command line. */
export function keepHostAgent(context: ServiceContext, namespace: string, ports: readonly number[]): KeptProcess {
  const agent = [process.execPath, FRONT_DOOR, 'agent', '--role', 'host', '--uplink', UPLINK, '--port', ports.join()];
  const to = ['--server', `ws://127.0.0.1:${CONTROL_PORT}/agent`, '--token-file', context.tokenFile];
  return new KeptProcess(context, {
    name: 'host agent',
    command: insideNamespace(namespace, [...agent, ...to]),
    logFile: join(context.logsDir, 'host-agent.log'),
    // Killed, it may come back; what it gives up for by itself it would give up for again.
    survives: (how) => how.startsWith('signal'),
  });
}

/** The last lines of a log and where the rest is. */
export function logTail(file: string, lines = 12): string {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // It never wrote a line; the path is still worth telling.
  }
  if (text.trim() === '') return `Its log (${file}) is empty.`;
  const tail = text.trimEnd().split('\n').slice(-lines);
  return [`Its log (${file}) ends with:`, ...tail.map((line) => `  ${line}`)].join('\n');
}

function serverSocket(state: RunState): string {
  return join(state.dir, 'server.sock');
}
