/** A real Alertmanager as a process, which tells a receiver of what it would tell people. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = 'prometheus-alertmanager';
export const HAS_ALERTMANAGER = spawnSync(PROGRAM, ['--version']).status === 0;

export class AlertmanagerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.url = url;
  }

  /** @param people where it posts to, soon after something changes, and never of its own accord */
  static async start(people: string): Promise<AlertmanagerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'hopscope-alertmanager-'));
    const config = join(folder, 'config.yml');
    writeFileSync(config, configOf(people));
    const at = ['--web.listen-address=127.0.0.1:0', '--cluster.listen-address='];
    const child = spawn(PROGRAM, [`--config.file=${config}`, `--storage.path=${folder}`, ...at], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    for await (const line of createInterface(child.stderr!)) {
      log += `${line}\n`;
      const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
      if (address !== undefined) {
        child.stderr!.resume();
        return new AlertmanagerProcess(child, folder, `http://${address}`);
      }
    }
    throw new Error(`the Alertmanager ended:\n${log}`);
  }

  /** What it knows now. */
  async alerts(): Promise<{ labels: Record<string, string>; startsAt: string; endsAt: string }[]> {
    return (await (await fetch(`${this.url}/api/v2/alerts`)).json()) as never;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true });
  }
}

function configOf(people: string): string {
  return `
route:
  receiver: people
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
receivers:
  - name: people
    webhook_configs:
      - url: ${people}
        send_resolved: true
`;
}
