/** The real server and the real host agent as processes, inside a {@link SwitchedHost}'s host namespace. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Health, Summary } from '../../server/wire/views.ts';
import { AGENT, FRONT_DOOR, Program, plainEnvironment } from './program.ts';
import { HOST, type SwitchedHost } from './switched-host.ts';

export const TOKEN = 'a-token-for-tests';
/** Alone in its namespace: any port is free. */
export const SERVER_PORT = 7117;
export const SERVICE_PORT = 80;

export class TracedServer {
  readonly #network: SwitchedHost;
  readonly #directory = mkdtempSync(join(tmpdir(), 'hopscope-agent-'));
  readonly #programs: Program[] = [];

  constructor(network: SwitchedHost) {
    this.#network = network;
    writeFileSync(join(this.#directory, 'token'), `${TOKEN}\n`);
  }

  #run(...words: string[]): Program {
    const program = new Program(...this.#network.host.command(...words), plainEnvironment());
    this.#programs.push(program);
    return program;
  }

  /** The server, ready. It listens where its agent looks for it, and where this process can ask it. */
  async server(): Promise<Program> {
    const addresses = ['127.0.0.1', HOST.v4].flatMap((host) => ['--listen', `${host}:${SERVER_PORT}`]);
    const token = ['--token-file', join(this.#directory, 'token')];
    const program = this.#run(...FRONT_DOOR, 'server', ...addresses, ...token, '--log-format', 'json');
    await program.said(`http://${HOST.v4}:${SERVER_PORT}`);
    return program;
  }

  /** A host agent with the devices named, and more flags where given. */
  agent(token = TOKEN, ...flags: string[]): Program {
    const devices = ['--uplink', 'nic0', '--tap', 'vnet0', '--port', String(SERVICE_PORT)];
    return this.#run(...AGENT, '--role', 'host', '--token', token, ...devices, ...flags);
  }

  async summary(): Promise<Summary> {
    return this.#get('/api/runs/current/summary');
  }

  async health(): Promise<Health> {
    return this.#get('/api/health');
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`http://${HOST.v4}:${SERVER_PORT}${path}`, { headers: { connection: 'close' } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** End what is still running, by its own id. */
  async end(): Promise<void> {
    for (const program of this.#programs.splice(0).reverse()) await program.end();
  }

  async remove(): Promise<void> {
    await this.end();
    rmSync(this.#directory, { recursive: true });
  }
}
