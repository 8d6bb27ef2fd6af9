/**
 * What a run has made on this machine, kept in a file while it lasts, so that the
 * next start can remove what a killed one left: only that, and only if it is
 * still the same process or namespace.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeNamespace } from './network.ts';
import { identify, isRunning, type ProcessIdentity, signalProcess } from './process-identity.ts';

interface RecordedRun {
  owner: ProcessIdentity;
  processes: ProcessIdentity[];
  namespaces: string[];
}

const NAMESPACE_NAME = /^hopscope-[a-z0-9]+-(host|client)$/;
const KILL_AFTER_MS = 2000;

export function stateDir(): string {
  return process.env.HOPSCOPE_RUN_DIR || '/run/hopscope';
}

export class RunState {
  /** Sockets, initrd and token of the run; goes with it. */
  readonly dir: string;
  readonly #file: string;
  readonly #recorded: RecordedRun;
  #removing = false;

  constructor(id: string) {
    this.dir = join(stateDir(), id);
    this.#file = `${this.dir}.json`;
    this.#recorded = { owner: identify(process.pid)!, processes: [], namespaces: [] };
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    this.#save();
  }

  addNamespace(name: string): void {
    this.#recorded.namespaces.push(name);
    this.#save();
  }

  /** Notes a child that must not outlive the run. Ended ones are forgotten. */
  addProcess(pid: number): void {
    const identity = identify(pid);
    const alive = this.#recorded.processes.filter(isRunning);
    this.#recorded.processes = identity ? [...alive, identity] : alive;
    this.#save();
  }

  /** Ends and removes all that is noted, then the notes. Nothing can be noted from here on. */
  async remove(): Promise<void> {
    this.#removing = true;
    await removeRecorded(this.#recorded);
    rmSync(this.dir, { recursive: true, force: true });
    rmSync(this.#file, { force: true });
  }

  #save(): void {
    if (this.#removing) throw new Error('the run is being removed: nothing may be added to it');
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#recorded), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

/** Removes what runs left whose own process is gone. Returns their ids. */
export async function removeAbandonedRuns(): Promise<string[]> {
  const removed: string[] = [];
  for (const name of listFiles(stateDir())) {
    const id = /^([a-z0-9]+)\.json$/.exec(name)?.[1];
    const recorded = id === undefined ? null : readRecorded(join(stateDir(), name));
    if (id === undefined || recorded === null || isRunning(recorded.owner)) continue;
    await removeRecorded(recorded);
    rmSync(join(stateDir(), id), { recursive: true, force: true });
    rmSync(join(stateDir(), name), { force: true });
    removed.push(id);
  }
  return removed;
}

async function removeRecorded(recorded: RecordedRun): Promise<void> {
  await endProcesses(recorded.processes);
  for (const name of recorded.namespaces) if (NAMESPACE_NAME.test(name)) await removeNamespace(name);
}

/** SIGTERM to each, SIGKILL to those that ignore it. */
async function endProcesses(processes: ProcessIdentity[]): Promise<void> {
  for (const target of processes) signalProcess(target, 'SIGTERM');
  const deadlineMs = Date.now() + KILL_AFTER_MS;
  while (processes.some(isRunning) && Date.now() < deadlineMs) await delay(20);
  for (const target of processes) signalProcess(target, 'SIGKILL');
  while (processes.some(isRunning)) await delay(10);
}

function readRecorded(file: string): RecordedRun | null {
  try {
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as RecordedRun;
    return recorded.owner && recorded.processes && recorded.namespaces ? recorded : null;
  } catch {
    return null;
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
