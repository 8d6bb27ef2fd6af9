/** Tells one process from a later one that was given the same number. */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Clock ticks after boot at which it started (field 22 of /proc/pid/stat). */
  startTicks: number;
}

/** Of /proc's times, on every Linux: USER_HZ. */
const TICKS_PER_S = 100;

/** Null when there is no such process (or it is a zombie: ended, only not yet collected). */
export function identify(pid: number): ProcessIdentity | null {
  const fields = statOf(pid);
  return fields === null || fields[0] === 'Z' ? null : { pid, startTicks: Number(fields[19]) };
}

/** CPU time that exactly that process has taken with all its threads, seconds; 0 when it is gone. */
export function cpuSeconds(target: ProcessIdentity): number {
  const fields = isRunning(target) ? statOf(target.pid) : null;
  return fields === null ? 0 : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** Fields of /proc/pid/stat from the third (state) on. */
function statOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold spaces and parentheses itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

export function isRunning(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

/** Signals exactly that process; false when it is gone already. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(target)) return false;
  try {
    return process.kill(target.pid, signal);
  } catch {
    return false;
  }
}
