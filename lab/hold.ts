/** Talks to a hold-loader on the host's side of a run or inside its guest. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LabError } from './command.ts';
import { runInGuest, SHELL_PORT } from './guest-shell.ts';
import type { HoldAnswer, HoldPlan } from './hold-loader.ts';
import { insideNamespace } from './network.ts';

const LOADER = join(import.meta.dirname, 'hold-loader.ts');
const OBJECT = join(import.meta.dirname, '../dist/bpf/hold.bpf.o');
/** Beside the agent: koffi is there. */
const GUEST_FOLDER = '/run/hopscope/agent';
const READY_LIMIT_MS = 90_000;
const ANSWER_LIMIT_MS = 30_000;

export type Held = Extract<HoldAnswer, { ok: true }>;

export class Hold {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting: ((line: string | null) => void)[] = [];
  #complaint = '';

  private constructor(command: string[]) {
    this.#child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (chunk) => {
      this.#complaint = (this.#complaint + chunk).slice(-2000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
    const gone = () => {
      for (const answer of this.#waiting.splice(0)) answer(null);
    };
    this.#child.on('error', gone).on('close', gone);
  }

  /** In the network namespace where the run's bridge is. */
  static async onHost(namespace: string): Promise<Hold> {
    // Not `ip netns exec`: it mounts its own /sys, which the loader has no use for, but costs a mount namespace.
    const hold = new Hold(insideNamespace(namespace, [process.execPath, LOADER, OBJECT]));
    await hold.#next(READY_LIMIT_MS);
    return hold;
  }

  /** In the guest of a run that was started with `--shell`. */
  static async inGuest(namespace: string): Promise<Hold> {
    for (const [name, file] of Object.entries({ 'hold-loader.ts': LOADER, 'hold.bpf.o': OBJECT })) {
      const content = readFileSync(file).toString('base64');
      await runInGuest(namespace, `echo ${content} | base64 -d > ${GUEST_FOLDER}/${name}`);
    }
    const hold = new Hold(insideNamespace(namespace, ['busybox', 'nc', '127.0.0.1', String(SHELL_PORT)]));
    const node = '/usr/bin/node --disable-warning=ExperimentalWarning';
    hold.#child.stdin.write(`cd ${GUEST_FOLDER}; exec ${node} hold-loader.ts hold.bpf.o 2>&1\n`);
    await hold.#next(READY_LIMIT_MS);
    return hold;
  }

  /** Resolves when the plan is in force, with what the one before did. */
  async hold(plan: HoldPlan): Promise<Held> {
    return this.#ask({ hold: plan });
  }

  /** Takes the plant away; resolves with what it did. */
  async release(): Promise<Held> {
    return this.#ask({ release: true });
  }

  end(): void {
    this.#child.stdin.end();
  }

  async #ask(command: unknown): Promise<Held> {
    const answered = this.#next(ANSWER_LIMIT_MS);
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const answer = JSON.parse(await answered) as HoldAnswer;
    if (!answer.ok) throw new LabError(`The delay cannot be planted: ${answer.error}.`);
    return answer;
  }

  async #next(limitMs: number): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#waiting.push(resolve);
    const limit = setTimeout(() => resolve(null), limitMs);
    const line = await promise;
    clearTimeout(limit);
    if (line?.startsWith('{')) return line;
    throw new LabError(`The program that plants delays does not answer: ${line ?? this.#complaint}`);
  }
}
