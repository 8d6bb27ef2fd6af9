/** Programs that take all the CPU they can get, on this machine or in a guest, for a time that they keep themselves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { LabError } from './command.ts';
import { runInGuest } from './guest-shell.ts';

const SPIN = 'while :; do :; done';
/** For a guest that is slow, as one with a hog is. */
const GRACE_S = 20;

/** One on each CPU of this machine. Resolves when they are gone; should this process end first, they end by themselves. */
export async function hogHost(seconds: number, signal: AbortSignal): Promise<void> {
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      const words = ['-s', 'KILL', String(seconds), 'sh', '-c', SPIN];
      const child = spawn('timeout', words, { stdio: 'ignore', signal });
      child.on('error', () => {});
      await once(child, 'close');
    }),
  );
  signal.throwIfAborted();
}

/** One in the guest, whose vCPU it takes. Resolves when it is gone. @param port of the guest's shell */
export async function hogGuest(namespace: string, port: number, seconds: number): Promise<void> {
  const script = `timeout -s KILL ${seconds} sh -c '${SPIN}'`;
  const { code, stdout } = await runInGuest(namespace, script, (seconds + GRACE_S) * 1000, port);
  // What `timeout` gives for a program that it had to kill.
  if (code !== 137 && code !== 124) throw new LabError(`The hog in the guest ended by itself (${code}): ${stdout}`);
}
