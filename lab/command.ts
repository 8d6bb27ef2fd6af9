/** Runs the machine's own programs (ip, mkfs.ext4, mmdebstrap) to their end. */
import { spawn } from 'node:child_process';

/** A problem the user can act on: shown as one message without a stack, exit code 1 unless said otherwise. */
export class LabError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'LabError';
    this.exitCode = exitCode;
  }
}

export interface CommandOptions {
  env?: Record<string, string>;
  input?: string;
  /** Called with each line of standard error as it comes, for progress. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

/** Resolves with standard output; a failure names the command and shows the end of what it said. */
export async function runCommand(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.signal && { signal: options.signal }),
  });
  let out = '';
  let err = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    err = (err + chunk).slice(-4000);
    if (options.onLine) for (const line of chunk.split('\n')) if (line.trim()) options.onLine(line.trim());
  });
  if (options.input !== undefined) child.stdin!.end(options.input);
  child.on('error', (error: NodeJS.ErrnoException) => {
    // Killed on request: it still has to end, which 'close' tells.
    if (error.name === 'AbortError') return;
    const reason = error.code === 'ENOENT' ? 'is not installed: run `npm run setup` as root' : error.message;
    reject(new LabError(`${command} ${reason}`));
  });
  child.on('close', (code, signal) => {
    if (options.signal?.aborted) return reject(options.signal.reason);
    if (code === 0) return resolve(out);
    reject(new LabError(`${command} ${args.join(' ')} failed (${signal ?? code}):\n${err.trim()}`));
  });
  return promise;
}

/** `ip …`, optionally inside a network namespace. */
export function ip(args: string, namespace?: string): Promise<string> {
  return runCommand('ip', [...(namespace ? ['-n', namespace] : []), ...args.split(' ')]);
}
