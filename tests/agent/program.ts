/** Programs of this repository as processes: their output by line, their exit, and their end when the test ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '../..');
export const AGENT = [process.execPath, join(ROOT, 'agent/main.ts')] as const;
export const FRONT_DOOR = [process.execPath, join(ROOT, 'hopscope.ts')] as const;
const END_WITHIN_MS = 5_000;
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Program {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    running.add(this.child);
    this.exit = once(this.child, 'close').then(([code]) => {
      running.delete(this.child);
      return code as number | null;
    });
  }

  /** Wait until this has been said on either stream. */
  async said(text: string | RegExp): Promise<void> {
    const fits = (all: string) => (typeof text === 'string' ? all.includes(text) : text.test(all));
    await until(() => this.stdout + this.stderr, fits);
  }

  /** End it, gently if it will. @returns its exit code */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.exit;
    this.child.kill(signal);
    const hard = setTimeout(() => this.child.kill('SIGKILL'), END_WITHIN_MS);
    const code = await this.exit;
    clearTimeout(hard);
    return code;
  }
}

/** Without the environment twins of the flags. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOPSCOPE_')));
}

/** The agent to its end. */
export async function agentOnce(...args: string[]) {
  const [command, ...first] = AGENT;
  const program = new Program(command, [...first, ...args], plainEnvironment());
  const code = await program.exit;
  return { code, stdout: program.stdout, stderr: program.stderr };
}
