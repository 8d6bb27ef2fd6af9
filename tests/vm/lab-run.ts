/** `hopscope up` as a user runs it, watched from outside: its lines, its processes, its end. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { runInGuest, type ScriptEnd } from '../../lab/guest-shell.ts';
import { stateDir } from '../../lab/run-state.ts';
import type { Health, PathView, Summary } from '../../server/wire/views.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface LabEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A free port of this machine; asked for just before it is used. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export class LabRun {
  readonly url: string;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<LabEnd>;
  #stdout = '';
  #stderr = '';

  private constructor(port: number, args: readonly string[], env: Record<string, string>) {
    this.url = `http://127.0.0.1:${port}`;
    const words = ['hopscope.ts', 'up', '--no-browser', '--json', '--port-http', String(port), ...args];
    this.child = spawn(process.execPath, words, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout.on('data', (data) => {
      this.#stdout += data;
    });
    this.child.stderr.on('data', (data) => {
      this.#stderr += data;
    });
    this.ended = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  static async start(...args: string[]): Promise<LabRun> {
    return new LabRun(await freePort(), args, {});
  }

  /** With variables in the environment, as a user sets `OTEL_*`. */
  static async startWith(env: Record<string, string>, ...args: string[]): Promise<LabRun> {
    return new LabRun(await freePort(), args, env);
  }

  /** Ends the load as Ctrl-C does; the summary still comes. */
  finish(): void {
    this.child.kill('SIGINT');
  }

  /** For afterAll: gone, whatever happened. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    await this.ended;
  }

  /** Resolves with the first answer that `accept` likes; throws after `limitMs` or when the run ends. */
  async until<T>(path: string, accept: (body: T) => boolean, limitMs: number): Promise<T> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const body = await this.get<T>(path).catch(() => null);
      if (body !== null && accept(body)) return body;
      if (this.child.exitCode !== null) throw new Error(`the run ended early:\n${this.#stderr}`);
      if (performance.now() > deadline) throw new Error(`${path} never became what was awaited:\n${this.#stderr}`);
      await delay(100);
    }
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.url + path, { signal: AbortSignal.timeout(5_000) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Waits until `count` requests are joined. */
  joined(count: number, limitMs = 90_000): Promise<Summary> {
    return this.until('/api/runs/current/summary', (s: Summary) => s.exchanges.joined >= count, limitMs);
  }

  health(accept: (health: Health) => boolean, limitMs: number): Promise<Health> {
    return this.until('/api/health', accept, limitMs);
  }

  newest(limit: number): Promise<PathView[]> {
    return this.get(`/api/runs/current/paths?order=newest&limit=${limit}`);
  }

  /** Runs a shell script in the guest; only for runs started with '--shell'. Rejects after `limitMs`. */
  guest(script: string, limitMs?: number): Promise<ScriptEnd> {
    return runInGuest(this.hostNamespace, script, limitMs);
  }

  /** Where the bridge, the tap and the host agent are. Throws before the run has made it. */
  get hostNamespace(): string {
    return this.#namespace('host');
  }

  /** Where the load comes from. Throws before the run has made it. */
  get clientNamespace(): string {
    return this.#namespace('client');
  }

  #namespace(side: 'host' | 'client'): string {
    const own = recordedRuns().find(({ owner }) => owner.pid === this.child.pid);
    const name = own?.namespaces.find((each) => each.endsWith(`-${side}`));
    if (name === undefined) throw new Error(`the run has no ${side} namespace yet:\n${this.#stderr}`);
    return name;
  }

  /** Pid of the run's own process whose command line has `word`. */
  processWith(word: string): number {
    const pid = descendants(this.child.pid as number).find((each) => commandOf(each).includes(word));
    if (pid === undefined) throw new Error(`no process of this run has "${word}" in its command line`);
    return pid;
  }

  processes(): number[] {
    return descendants(this.child.pid as number);
  }
}

function recordedRuns(): { owner: { pid: number }; namespaces: string[] }[] {
  const files = readdirSync(stateDir()).filter((name) => name.endsWith('.json'));
  return files.flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(stateDir(), name), 'utf8'))];
    } catch {
      // Another run's, gone between the two calls.
      return [];
    }
  });
}

/** Network namespaces that runs of the lab have made and not removed. */
export function labNamespaces(): string[] {
  const list = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  return list.match(/^hopscope-\w+-(?:host|client)/gm) ?? [];
}

/** Words of a process' command line; empty once it is gone. */
export function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function parentOf(pid: string): number {
  try {
    return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return -1;
  }
}

function descendants(root: number): number[] {
  const all = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const children = (pid: number): number[] => {
    const own = all.filter((entry) => parentOf(entry) === pid).map(Number);
    return [...own, ...own.flatMap(children)];
  };
  return children(root);
}
