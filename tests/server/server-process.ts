/** A real `hopscope server --store` as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const TOKEN = 'a-token-for-tests';
const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const OBJECTIVES = join(import.meta.dirname, '../../examples/objectives.yaml');
/** Longer than a server needs, shorter than anybody waits. */
const SERVES_WITHIN_MS = 20_000;

export class ServerProcess {
  readonly port: number;
  /** From its start until it served. */
  readonly servedMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, servedMs: number) {
    this.#child = child;
    this.port = port;
    this.servedMs = servedMs;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** @param port 0 is any @param nodeFlags for Node itself @param more of the server's own words, and the only CPU that it may use */
  static async start(
    folder: string,
    port: number,
    nodeFlags: readonly string[] = [],
    { words: more = [], cpu }: { words?: readonly string[]; cpu?: number } = {},
  ): Promise<ServerProcess> {
    const startedMs = performance.now();
    const args = ['--store', folder, '--listen', `127.0.0.1:${port}`, '--token', TOKEN, '--log-format', 'json'];
    args.push('--objectives', OBJECTIVES);
    const words = [process.execPath, ...nodeFlags, FRONT_DOOR, 'server', ...args, ...more];
    const [command, ...rest] = cpu === undefined ? words : ['taskset', '-c', String(cpu), ...words];
    const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), SERVES_WITHIN_MS);
    const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const { url } = JSON.parse(line.value) as { url?: string };
      if (url === undefined) continue;
      clearTimeout(timer);
      await (await fetch(`${url}/readyz`)).arrayBuffer();
      return new ServerProcess(child, Number(new URL(url).port), performance.now() - startedMs);
    }
    throw new Error('the server ended, or did not serve in time');
  }

  /** At once, also where it has ended. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}
