/**
 * Runs shell scripts in a guest of a run that was started with `--shell`. Every script
 * has a connection and a shell of its own, so several may run at once.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { LabError } from './command.ts';
import { insideNamespace } from './network.ts';

/** Where a guest's shell listens, and what leads to that of the first guest inside the host namespace. */
export const SHELL_PORT = 2222;

/** What leads to a guest's shell inside the host namespace. @param index of the guest in its run */
export function shellPort(index: number): number {
  return SHELL_PORT + index;
}

const CLIENT = `const shell = require('node:net').connect(process.argv[1], '127.0.0.1');
shell.on('error', (error) => process.exit(console.error(error.message)));
process.stdin.pipe(shell).pipe(process.stdout);`;

const LIMIT_MS = 30_000;
/** The guest ends an overdue script by itself; its clock and its shell may be this much slower than ours. */
const GUEST_GRACE_S = 2;
/** More than the line with mark and exit code. */
const TAIL_BYTES = 64;

export interface ScriptEnd {
  /** What the script's last command, or its `exit`, gave. */
  code: number;
  /** All it printed, standard error included, as UTF-8: binary files must be sent as base64. */
  stdout: string;
}

/**
 * Runs `script` with the guest's /bin/sh as root, standard input empty. Processes it leaves in the
 * background live on. Rejects with a LabError when there is no shell, or no end within `limitMs`.
 * @param port of a guest that is not the first, see {@link shellPort}
 */
export async function runInGuest(
  namespace: string,
  script: string,
  limitMs = LIMIT_MS,
  port = SHELL_PORT,
): Promise<ScriptEnd> {
  const mark = randomBytes(9).toString('hex');
  const client = insideNamespace(namespace, [process.execPath, '-e', CLIENT, String(port)]);
  const child = spawn(client[0]!, client.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
  const { promise, resolve, reject } = Promise.withResolvers<ScriptEnd>();
  const received: Buffer[] = [];
  let tail = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    received.push(chunk);
    // A script may print megabytes: only the last bytes can hold the mark.
    tail = (tail + chunk.subarray(-TAIL_BYTES).toString('latin1')).slice(-TAIL_BYTES);
    if (!tail.includes(mark)) return;
    const end = scriptEnd(Buffer.concat(received), mark);
    if (end) resolve(end);
  });
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  child.on('error', (error) => reject(new LabError(`The guest's shell cannot be reached: ${error.message}`)));
  child.on('close', () => reject(new LabError(noShell(namespace, complaint))));
  child.stdin.on('error', () => {});
  child.stdin.write(session(script, mark, limitMs));
  const late = `The guest did not end a script within ${limitMs / 1000} s:\n${script}`;
  const limit = setTimeout(() => reject(new LabError(late)), limitMs);
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    child.kill();
  }
}

/** Base64 keeps the script whole whatever it contains; the mark cannot occur in its output by chance. */
function session(script: string, mark: string, limitMs: number): string {
  const file = `/tmp/script-${mark}`;
  const limitS = Math.ceil(limitMs / 1000) + GUEST_GRACE_S;
  return [
    `echo ${Buffer.from(script).toString('base64')} | base64 -d > ${file}`,
    `timeout -s KILL ${limitS} /bin/sh ${file} < /dev/null 2>&1`,
    `code=$?; rm -f ${file}; echo "${mark} $code"; exit\n`,
  ].join('\n');
}

function scriptEnd(received: Buffer, mark: string): ScriptEnd | null {
  const text = received.toString();
  const [found, code] = new RegExp(`${mark} (\\d+)\\n`).exec(text) ?? [];
  return found === undefined ? null : { code: Number(code), stdout: text.slice(0, text.indexOf(found)) };
}

function noShell(namespace: string, complaint: string): string {
  const why = complaint.trim() || 'the connection ended';
  return `There is no shell in the guest behind ${namespace} (${why}): start the run with --shell, and ask while it lasts.`;
}
