/** Long-lived processes of a run: noted for clean-up, logged to files, watched. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { RunState } from './run-state.ts';

export interface ChildOptions {
  state: RunState;
  /** Both outputs are appended to it. */
  logFile: string;
  onLine?: (line: string) => void;
  /** Whether it is given a standard input; what is written after its end is lost. */
  input?: boolean;
  env?: Record<string, string>;
}

export interface Child {
  pid: number;
  /** Resolves when it has ended, with `exit code 1` or `signal SIGKILL`. */
  ended: Promise<string>;
  process: ChildProcess;
}

/**
 * Starts `command` in a process group of its own: Ctrl-C reaches only the lab,
 * which then ends its children in order.
 */
export function startChild(command: string[], options: ChildOptions): Child {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...options.env },
  });
  try {
    if (child.pid !== undefined) options.state.addProcess(child.pid);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  child.stdin?.on('error', () => {});
  const log = createWriteStream(options.logFile, { flags: 'a' });
  for (const stream of [child.stdout!, child.stderr!]) readLines(stream, log, options.onLine);
  const { promise, resolve } = Promise.withResolvers<string>();
  child.on('error', (error) => resolve(error.message));
  child.on('close', (code, signal) => {
    log.end();
    resolve(signal ? `signal ${signal}` : `exit code ${code}`);
  });
  return { pid: child.pid ?? 0, ended: promise, process: child };
}

function readLines(stream: NodeJS.ReadableStream, log: WriteStream, onLine?: (line: string) => void): void {
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => {
    log.write(`${line}\n`);
    onLine?.(line);
  });
  // A pipe that breaks is the end of the child, which its 'close' tells.
  lines.on('error', () => {});
}
