/** Programs that take all the CPU they can get, on this machine or in a guest, for a time that they keep themselves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { LabError } from './command.ts';
import { runInGuest } from './guest-shell.ts';

const SPIN = 'while :; do :; done';
/** For a guest that is slow, as one with a hog is. */
const GRACE_S = 20;

/**
 * So many on each CPU of this machine, ordinary programs even where this one has real-time priority. Resolves when
 * they are gone; should this process end first, they end by themselves.
 */
export async function hogHost(seconds: number, signal: AbortSignal, perCpu = 1): Promise<void> {
  await Promise.all(
    Array.from({ length: perCpu * availableParallelism() }, async () => {
      const words = ['--other', '0', 'timeout', '-s', 'KILL', String(seconds), 'sh', '-c', SPIN];
      // In sessions of their own: the kernel may give each session, not each process, its share (autogroup).
      const child = spawn('chrt', words, { stdio: 'ignore', signal, detached: true });
      child.on('error', () => {});
      await once(child, 'close');
    }),
  );
  signal.throwIfAborted();
}

/** So many in the guest, whose vCPU they take. Resolves when they are gone. @param port of the guest's shell */
export async function hogGuest(namespace: string, port: number, seconds: number, count = 1): Promise<void> {
  const hog = `timeout -s KILL ${seconds} sh -c '${SPIN}'`;
  const script = `${`${hog} &\n`.repeat(count - 1)}${hog}`;
  const { code, stdout } = await runInGuest(namespace, script, (seconds + GRACE_S) * 1000, port);
  // What `timeout` gives for a program that it had to kill.
  if (code !== 137 && code !== 124) throw new LabError(`The hog in the guest ended by itself (${code}): ${stdout}`);
}
