/**
 * A dockerd of the test's own, in network and mount namespaces of its own: its
 * bridges, its iptables rules (FORWARD DROP) and its mounts end with it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LARGE = { maxBuffer: 1 << 26 };

export class DockerDaemon {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, folder: string, environment: NodeJS.ProcessEnv) {
    this.child = child;
    this.folder = folder;
    this.environment = { ...environment, DOCKER_HOST: `unix://${folder}/docker.sock`, DOCKER_CONFIG: folder };
  }

  /** @param programs folder with dockerd, containerd, docker … */
  static async start(programs: string): Promise<DockerDaemon> {
    const folder = await mkdtemp(join(tmpdir(), 'hopscope-docker-'));
    const places = [`--data-root=${folder}/data`, `--exec-root=${folder}/exec`, `--pidfile=${folder}/docker.pid`];
    const command = `ip link set lo up && exec dockerd --host=unix://${folder}/docker.sock ${places.join(' ')}`;
    const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
    const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', command], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const daemon = new DockerDaemon(child, folder, env);
    await listening(child);
    return daemon;
  }

  /** The docker command line against this daemon. */
  async docker(...args: string[]): Promise<string> {
    return (await run('docker', args, { ...LARGE, env: this.environment })).stdout.trim();
  }

  /** A command in the network where ports are published and `network_mode: host` lives. */
  async inside(command: string, ...args: string[]): Promise<string> {
    const net = `--net=/proc/${this.child.pid}/ns/net`;
    return (await run('nsenter', [net, command, ...args], LARGE)).stdout.trim();
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function listening(child: ChildProcess): Promise<void> {
  let log = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stderr?.on('data', (chunk) => {
    log += chunk;
    if (log.includes('API listen on')) resolve();
  });
  child.on('error', reject);
  child.on('exit', (code) => reject(new Error(`dockerd ended with ${code}:\n${log.slice(-4000)}`)));
  await promise;
}
