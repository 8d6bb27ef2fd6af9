import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerDaemon } from './docker-daemon.ts';
import { HostNetwork } from './host-network.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const TOKEN = 'a-token-of-the-container-test';
/** Exchanges that the host agent has to see. */
const REQUESTS = 40;

let daemon: DockerDaemon;
let network: HostNetwork;
let compose: (...args: string[]) => Promise<string>;

beforeAll(async () => {
  const prepared = await run(join(import.meta.dirname, 'prepare.sh'), { maxBuffer: 1 << 26 });
  const [programs, image] = prepared.stdout.trim().split('\n') as [string, string];
  daemon = await DockerDaemon.start(programs);
  // npm's cache is in the image; asking a registry would only wait for a network that is not there.
  await daemon.docker('import', '--change', 'ENV npm_config_offline=true', image, 'local-node');
  await writeFile(join(daemon.folder, 'token'), `${TOKEN}\n`);
  // Docker has bridged frames pass its FORWARD DROP, and with it those between the VMs of a host.
  await daemon.inside('sysctl', '-q', '-w', 'net.bridge.bridge-nf-call-iptables=0');
  network = await HostNetwork.make((...args) => daemon.inside('ip', ...args));
  const override = join(daemon.folder, 'override.yml');
  await writeFile(override, watchOnly(network));
  const env = { ...daemon.environment, NODE_IMAGE: 'local-node', HOPSCOPE_TOKEN_FILE: join(daemon.folder, 'token') };
  const files = ['-f', join(ROOT, 'docker-compose.yml'), '-f', override, '--profile', 'host', '--progress', 'plain'];
  compose = async (...args) =>
    (await run(join(programs, 'docker-compose'), [...files, ...args], { env, cwd: ROOT, maxBuffer: 1 << 26 })).stdout;
  await compose('build');
  await compose('up', '--detach', '--wait');
});

afterAll(async () => {
  if (process.env.HOPSCOPE_KEEP_LOGS) console.log(await compose?.('logs').catch(String));
  await compose?.('down', '--volumes').catch((error) => console.error(String(error)));
  await network?.remove();
  await daemon?.stop();
});

/** Only the interfaces made for this test, not what else runs on the machine; compose replaces a command as a whole. */
function watchOnly({ uplink, tap, port }: HostNetwork): string {
  const server = ['--server', 'ws://127.0.0.1:7117/agent', '--token-file', '/run/secrets/token'];
  const command = ['--role', 'host', ...server, '--uplink', uplink, '--tap', tap, '--port', String(port)];
  return JSON.stringify({ services: { 'host-agent': { command } } });
}

/** From where the port is published. */
async function get(path: string): Promise<string> {
  return await daemon.inside(
    'curl',
    '--silent',
    '--show-error',
    '--fail',
    '--max-time',
    '10',
    `http://127.0.0.1:7117${path}`,
  );
}
async function idOf(service: string): Promise<string> {
  return (await compose('ps', '--quiet', service)).trim();
}
/** What the kernel says about a container's own process: the child of docker's init, where there is one. */
async function kernelView(service: string): Promise<Record<string, string>> {
  const pid = await daemon.docker('inspect', '--format', '{{.State.Pid}}', await idOf(service));
  const child = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')[0] || pid;
  const lines = (await readFile(`/proc/${child}/status`, 'utf8')).split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/) as [string, string]));
}

describe('the server of docker-compose.yml', () => {
  it('is healthy by its own check and serves the built dashboard', async () => {
    expect(await daemon.docker('inspect', '--format', '{{.State.Health.Status}}', await idOf('server'))).toBe(
      'healthy',
    );
    const page = await get('/');
    const script = /<script[^>]+src="([^"]+\.js)"/.exec(page)?.[1] ?? '';
    expect((await get(`/${script.replace(/^[./]+/, '')}`)).length).toBeGreaterThan(10_000);
  });

  it('runs as nobody special: no capability, no new privileges, not root', async () => {
    const status = await kernelView('server');
    expect(status).toMatchObject({ CapEff: '0000000000000000', CapBnd: '0000000000000000', NoNewPrivs: '1' });
    expect(status.Uid?.split(/\s+/)[0]).toBe('1000');
  });

  it('cannot write to its own files', async () => {
    const write = "try { require('fs').writeFileSync('/app/x', '') } catch (e) { console.log(e.code) }";
    expect(await daemon.docker('exec', '--user', 'root', await idOf('server'), 'node', '-e', write)).toBe('EROFS');
  });

  it('is published on the loopback address only', async () => {
    const sockets = await daemon.inside('ss', '-Hltn', 'sport = :7117');
    expect(sockets.split('\n').map((line) => line.split(/\s+/)[3])).toEqual(['127.0.0.1:7117']);
  });
});

describe('the host agent of docker-compose.yml', () => {
  it('holds four capabilities and no more', async () => {
    const status = await kernelView('host-agent');
    const bits = (1n << 12n) | (1n << 19n) | (1n << 38n) | (1n << 39n);
    expect(BigInt(`0x${status.CapEff}`)).toBe(bits);
    expect(status.NoNewPrivs).toBe('1');
  });

  it('loads its BPF programs and reports real exchanges to the server', async () => {
    await agentConnected();
    for (let i = 0; i < REQUESTS; i++) expect(await network.request('/hello')).toBe('hello from the guest side');
    const seen = async () => JSON.parse(await get('/api/runs/current/summary')).exchanges.host as number;
    await expect.poll(seen, { timeout: 15_000 }).toBeGreaterThanOrEqual(REQUESTS);
    expect(await seen()).toBe(REQUESTS);
  });
});

/** The agent says so itself, on its log. */
async function agentConnected(): Promise<void> {
  await expect
    .poll(async () => await get('/metrics'), { timeout: 30_000 })
    .toMatch(/hopscope_agent_connected\{[^}]*\} 1/);
}
