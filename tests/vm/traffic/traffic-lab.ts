/** A real guest with many services, a client beside it, and what Hopscope says of each connection. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { insideNamespace } from '../../../lab/network.ts';
import { LAYERS } from '../../../server/wire/stations.ts';
import type { PathView } from '../../../server/wire/views.ts';
import { LabRun } from '../lab-run.ts';
import { Client, type Connection, type Ends, request } from './client.ts';
import { CLIENT_V6, GUEST, inGuest, PORTS, startServices } from './guest-services.ts';
import type { Target, Traffic } from './remote-worker.ts';

export type Expected = { [K in keyof PathView]?: unknown };

/** What is true of an ordinary exchange with Nginx. */
export const PLAIN = {
  ...{ class: 'request', protocol: 'http/1', method: 'GET', path: '/small', status: 200 },
  ...{ complete: true, flags: [] },
} as const satisfies Expected;

/** Nothing of an exchange's end is promised in `flags`: its connection may close before or after it is reported. */
const NOT_PROMISED = 'closed';
/** A machine that is busy enough makes TCP send again where nothing was lost. */
const IF_TRUE = 'retransmit';
const REPORTED_WITHIN_MS = 20_000;

export class TrafficLab {
  readonly run: LabRun;
  readonly client: Client;
  #retransmitted = 0;

  private constructor(run: LabRun) {
    this.run = run;
    this.client = new Client(run.clientNamespace);
  }

  static async start(): Promise<TrafficLab> {
    const ports = Object.values(PORTS).join();
    const env = { HOPSCOPE_LONG_POLL: '/poll' };
    const run = await LabRun.startWith(env, '--shell', '--rate', '1', '--connections', '1', '--service-ports', ports);
    try {
      await run.joined(1, 180_000);
      const { key, cert } = selfSigned();
      await startServices(run, key, cert);
      const lab = new TrafficLab(run);
      lab.inClient(`ip -6 addr add ${CLIENT_V6}/64 dev eth0 nodad`);
      return lab;
    } catch (error) {
      await run.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.client.end();
    await this.run.stop();
  }

  connect(port: number, more: Partial<Target> = {}): Promise<Connection> {
    return this.client.connect({ host: GUEST, port, ...more });
  }

  guest(script: string): Promise<string> {
    return inGuest(this.run, script);
  }

  inClient(command: string): string {
    return inside(this.run.clientNamespace, command);
  }

  inHost(command: string): string {
    return inside(this.run.hostNamespace, command);
  }

  /** Runs `act` while the switch forwards nothing out of and into a port: that is lost without a trace. */
  async closedPort(port: 'nic0' | 'vnet0', act: () => Promise<unknown>): Promise<void> {
    this.inHost(`bridge link set dev ${port} state 0`);
    try {
      await act();
    } finally {
      this.inHost(`bridge link set dev ${port} state 3`);
    }
  }

  /** Until the guest has all that was sent. */
  async acknowledged({ port }: Ends): Promise<void> {
    const sendQueue = () => Number(this.inClient(`ss -tnH sport = :${port}`).trim().split(/\s+/)[2]);
    await vi.waitFor(() => expect(sendQueue()).toBe(0), { timeout: REPORTED_WITHIN_MS });
  }

  /** Value of a counter of the client's TCP, as `nstat` names it. */
  clientCounter(name: string): number {
    return nstatValue(this.inClient(`nstat -asz ${name}`));
  }

  /** Resolves when the counter has grown by `by`. */
  async clientCounts(name: string, by: number, act: () => Promise<unknown> | unknown): Promise<void> {
    const before = this.clientCounter(name);
    await act();
    await expect.poll(() => this.clientCounter(name), { timeout: 20_000 }).toBeGreaterThanOrEqual(before + by);
  }

  /** Paths of a connection so far, in order of time. */
  async paths({ port, serverPort, sinceMs }: Ends): Promise<PathView[]> {
    const newest = await this.run.newest(500);
    const isOwn = (path: PathView) =>
      path.client.port === port && path.server.port === serverPort && path.atMs >= sinceMs;
    const own = newest.filter(isOwn).sort((a, b) => a.atMs - b.atMs);
    return own.map((path) => ({ ...path, flags: path.flags.filter((flag) => flag !== NOT_PROMISED) }));
  }

  /** Segments that the guest has sent again so far, of all connections. */
  async guestRetransmitted(): Promise<number> {
    return nstatValue(await this.guest('nstat -asz TcpRetransSegs'));
  }

  /** And those of the client. */
  async retransmitted(): Promise<number> {
    return this.clientCounter('TcpRetransSegs') + (await this.guestRetransmitted());
  }

  /** For beforeEach: `retransmit` is expected only where TCP itself counts one since. */
  async begin(): Promise<void> {
    this.#retransmitted = await this.retransmitted();
  }

  /** Until Hopscope says of a connection what is expected, path by path; and then nothing more. */
  async expectPaths(ends: Ends, expected: readonly Expected[]): Promise<PathView[]> {
    // A failure shows what was asked for, and not a page per path.
    const asked = [...new Set(expected.flatMap(Object.keys)), 'id', 'path', 'flags', 'missing'] as (keyof PathView)[];
    const outline = (path: PathView) => Object.fromEntries(asked.map((key) => [key, path[key]]));
    await this.reported(ends, (paths) => expect(paths).toHaveLength(expected.length));
    await this.#later();
    const again = (await this.retransmitted()) > this.#retransmitted;
    await this.reported(ends, (paths) => {
      const seen = paths.map((path, i) => ({ ...outline(path), flags: this.#trueFlags(path, again, expected[i]) }));
      expect(seen).toMatchObject(expected);
    });
    const paths = await this.paths(ends);
    for (const path of paths) expectSums(path);
    return paths;
  }

  /** Until `check` passes. */
  async reported(ends: Ends, check: (paths: PathView[]) => void): Promise<void> {
    await vi.waitFor(async () => check(await this.paths(ends)), { timeout: REPORTED_WITHIN_MS, interval: 200 });
  }

  #trueFlags({ flags }: PathView, again: boolean, expected: Expected | undefined): string[] {
    const asked = Array.isArray(expected?.flags) && expected.flags.includes(IF_TRUE);
    return again && !asked ? flags.filter((flag) => flag !== IF_TRUE) : flags;
  }

  /** A whole exchange later: what was to be reported before it has been. */
  async #later(): Promise<void> {
    const connection = await this.connect(PORTS.nginx);
    await exchange(connection, request('GET', '/small'), 'ok\n');
    await this.reported(connection, (paths) => expect(paths).toHaveLength(1));
    await connection.end();
  }
}

/** Sends a request and waits for the end of its response; the bytes of both as TCP carried them. */
export async function exchange(
  connection: Connection,
  text: string,
  mark: string,
): Promise<{ requestBytes: number; responseBytes: number }> {
  const before = await connection.traffic();
  await connection.send(text);
  await connection.until(mark);
  return bytesSince(before, await connection.traffic());
}

export function bytesSince(before: Traffic, after: Traffic): { requestBytes: number; responseBytes: number } {
  return { requestBytes: after.sent - before.sent, responseBytes: after.received - before.received };
}

/** Law 1, and no time is negative. Where the clock has a gap there is nothing to add up. */
function expectSums({ complete, layers, endToEndNs, clock }: PathView): void {
  for (const { layer, ns } of layers) if (ns !== null) expect(ns, layer).toBeGreaterThanOrEqual(0);
  if (!complete || clock.method === 'gap') return;
  const own = LAYERS.map(({ layer }) => layers.find((each) => each.layer === layer)?.ns ?? null);
  expect(own.reduce((sum, ns) => (sum as number) + (ns as number), 0)).toBe(endToEndNs);
}

function nstatValue(said: string): number {
  return Number(said.trimEnd().split('\n').at(-1)?.split(/\s+/)[1]);
}

function inside(namespace: string, command: string): string {
  const [word, ...words] = insideNamespace(namespace, command.split(' '));
  return execFileSync(word!, words, { encoding: 'utf8', timeout: 20_000 });
}

function selfSigned(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-traffic-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=guest', '-days', '2', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  try {
    execFileSync('openssl', ['req', '-x509', '-nodes', ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
