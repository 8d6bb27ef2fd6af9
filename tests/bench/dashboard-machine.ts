/** Which CPUs the benchmark's processes have, and how much of them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const AUTOGROUP = '/proc/self/autogroup';

/** This process, and what it starts from now on. */
export function stayOn(cpuList: string): void {
  execFileSync('taskset', ['-acp', cpuList, String(process.pid)], { stdio: 'ignore' });
}

/**
 * Linux shares CPU out by session, and a browser begins one of its own: it gets the priority of ours, so that on a
 * machine that others use at the same time (`echo -10 > /proc/self/autogroup`) all of the benchmark has it.
 */
export function sharePriority(): void {
  if (!existsSync(AUTOGROUP)) return;
  const own = niceOf(AUTOGROUP);
  const children = readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean),
  );
  for (const child of children) {
    const file = `/proc/${child}/autogroup`;
    if (niceOf(file) !== own) writeFileSync(file, own);
  }
}

function niceOf(file: string): string {
  return readFileSync(file, 'utf8').trim().split(' ').at(-1)!;
}
