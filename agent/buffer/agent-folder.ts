/**
 * `DIR/<agentId>/`: one agent's frames on disk, and `agent.json`, which says
 * whose they are. The folder is locked while
 * its process lives, by the kernel, so that nobody else takes it for a dead one's.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { VmInfo } from '../../server/wire/messages.ts';
import type { KeptHello } from '../hello.ts';
import { lastError, system } from '../libbpf.ts';

const FILE = 'agent.json';
const LOCK_EX = 2;
const LOCK_NB = 4;

/** What a successor has to say to the server in an agent's name. */
export interface KeptAgent {
  hello: KeptHello;
  /** CLOCK_MONOTONIC of its start, decimal nanoseconds. */
  startedNs: string;
  /** Host: the VMs, by whose taps the server names paths; null where none were told. */
  vms: VmInfo[] | null;
}

export class AgentFolder {
  readonly path: string;
  readonly #lock: number;
  #written = '';

  private constructor(path: string, lock: number) {
    this.path = path;
    this.#lock = lock;
  }

  /** A new one; throws what the file system says. */
  static create(directory: string, agentId: string): AgentFolder {
    const path = join(directory, agentId);
    mkdirSync(path, { mode: 0o700 });
    const lock = lockFolder(path, LOCK_EX | LOCK_NB);
    if (lock === null) throw new Error(`${path} is in use by another process`);
    return new AgentFolder(path, lock);
  }

  /** Those in `directory` whose process is gone: from now on they are this process's. */
  static ofTheDead(directory: string): AgentFolder[] {
    const entries = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return entries.flatMap(({ name }) => {
      const path = join(directory, name);
      const lock = lockIfThere(path);
      return lock === null ? [] : [new AgentFolder(path, lock)];
    });
  }

  /** Written where it changed. @throws what the file system says */
  describe(agent: KeptAgent): void {
    const text = JSON.stringify(agent);
    if (text === this.#written) return;
    const draft = join(this.path, `${FILE}.new`);
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, join(this.path, FILE));
    this.#written = text;
  }

  /** Whose it was; null where that is not written there: then it is none of ours, or one that was never used. */
  owner(): KeptAgent | null {
    try {
      const agent: unknown = JSON.parse(readFileSync(join(this.path, FILE), 'utf8'));
      return isAgent(agent) ? agent : null;
    } catch {
      return null;
    }
  }

  /** With all that is in it. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    this.release();
  }

  /** Where it is empty, as a process leaves it that ends before it has begun. */
  removeEmpty(): boolean {
    try {
      rmdirSync(this.path);
      return true;
    } catch {
      return false; // somebody's files are in it
    }
  }

  /** Leave it to others. */
  release(): void {
    closeSync(this.#lock);
  }
}

/**
 * Let one process at a time look for folders and make them: one just made is not locked yet.
 * @throws what the file system says
 */
export function whileAlone<T>(directory: string, call: () => T): T {
  const lock = lockFolder(directory, LOCK_EX) as number;
  try {
    return call();
  } finally {
    closeSync(lock);
  }
}

/** @returns the descriptor that holds the lock, or null where another process has it @throws what the file system says */
function lockFolder(path: string, how: number): number | null {
  const fd = openSync(path, 'r');
  if (system.flock(fd, how) === 0) return fd;
  const reason = lastError();
  closeSync(fd);
  if (how === LOCK_EX || !['EAGAIN', 'EWOULDBLOCK'].includes(reason)) {
    throw new Error(`${path} cannot be locked (${reason}): give a directory of a local file system`);
  }
  return null;
}

function lockIfThere(path: string): number | null {
  try {
    return lockFolder(path, LOCK_EX | LOCK_NB);
  } catch (error) {
    // Its agent has just ended, or it is nobody's of ours, as lost+found.
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

function isAgent(value: unknown): value is KeptAgent {
  const { hello, startedNs } = (value ?? {}) as Partial<KeptAgent>;
  const texts = [hello?.agentId, hello?.bootId, hello?.role, hello?.provenance?.hostname, startedNs];
  return texts.every((text) => typeof text === 'string');
}
