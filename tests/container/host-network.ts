import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);
const STAY = "console.log('up'); setInterval(() => {}, 1e9)";
const ANSWER =
  "require('http').createServer((q, s) => s.end('hello from the guest side')).listen(8080, () => console.log('up'))";

export type IpCommand = (...args: string[]) => Promise<unknown>;

/**
 * client namespace → veth `up0` → bridge `br0` → veth `vm0` → guest namespace,
 * in the network that the host agent shares. The guest is a namespace: the host
 * vantage needs no more than somebody who answers behind the tap.
 */
export class HostNetwork {
  readonly uplink = 'up0';
  readonly tap = 'vm0';
  readonly port = 8080;
  private readonly client: ChildProcess;
  private readonly guests: readonly ChildProcess[];

  private constructor(client: ChildProcess, guests: readonly ChildProcess[]) {
    this.client = client;
    this.guests = guests;
  }

  /** @param ip runs `ip` in the host agent's network */
  static async make(ip: IpCommand): Promise<HostNetwork> {
    const client = await processIn('unshare', '--net', STAY);
    const guest = await processIn('unshare', '--net', STAY);
    await ip('link', 'add', 'br0', 'up', 'type', 'bridge');
    await plug(ip, 'up0', client, '10.99.0.1/24');
    await plug(ip, 'vm0', guest, '10.99.0.2/24');
    const server = await processIn('nsenter', `--net=/proc/${guest.pid}/ns/net`, ANSWER);
    return new HostNetwork(client, [server, guest]);
  }

  /** One request on a connection of its own, from the client's side; the answer's body. */
  async request(path: string): Promise<string> {
    const url = `http://10.99.0.2:${this.port}${path}`;
    const net = `--net=/proc/${this.client.pid}/ns/net`;
    return (await run('nsenter', [net, 'curl', '--silent', '--fail', '--max-time', '5', url])).stdout;
  }

  /** Namespaces and links go with their last process. */
  async remove(): Promise<void> {
    for (const child of [this.client, ...this.guests]) {
      if (child.exitCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  }
}

/** A Node process in a network namespace, new or of another process; ready when it says `up`. */
async function processIn(enter: 'unshare' | 'nsenter', net: string, script: string): Promise<ChildProcess> {
  const child = spawn(enter, [net, process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${enter} ended with ${code}`)));
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
  ended.catch(() => undefined);
  return child;
}

async function plug(ip: IpCommand, port: string, there: ChildProcess, address: string): Promise<void> {
  const peer = ['peer', 'name', 'eth0', 'netns', String(there.pid)];
  await ip('link', 'add', port, 'up', 'master', 'br0', 'type', 'veth', ...peer);
  const inside = [`--net=/proc/${there.pid}/ns/net`, 'ip'];
  await run('nsenter', [...inside, 'address', 'add', address, 'dev', 'eth0']);
  await run('nsenter', [...inside, 'link', 'set', 'eth0', 'up']);
}
