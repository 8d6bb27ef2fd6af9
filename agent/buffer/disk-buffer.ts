/** The directory that outlives an agent: a folder for the frames of this one, and those of earlier ones. */
import type { Vantage } from '../../server/wire/stations.ts';
import { FrameBuffer } from '../frame-buffer.ts';
import { AgentFolder, type KeptAgent, whileAlone } from './agent-folder.ts';
import { DiskBudget } from './disk-budget.ts';
import { EarlierAgents } from './earlier-agents.ts';
import { FrameSegments } from './frame-segments.ts';

export interface DiskBufferOptions {
  directory: string;
  /** On disk, for the frames of this agent and of earlier ones together. */
  diskBytes: number;
  memoryBytes: number;
  agentId: string;
  role: Vantage;
  log: (line: string) => void;
}

export class DiskBuffer {
  readonly buffer: FrameBuffer;
  readonly earlier: EarlierAgents;
  readonly #directory: string;
  readonly #log: (line: string) => void;
  readonly #folder: AgentFolder;
  readonly #segments: FrameSegments;
  #isBegun = false;
  #errors = 0;

  /** @throws with what to do about it, where the directory cannot be used */
  constructor({ directory, diskBytes, memoryBytes, agentId, role, log }: DiskBufferOptions) {
    this.#directory = directory;
    this.#log = (line) => log(`--buffer-dir ${directory}: ${line}`);
    const budget = new DiskBudget(diskBytes);
    try {
      const { dead, own } = whileAlone(directory, () => ({
        dead: AgentFolder.ofTheDead(directory),
        own: AgentFolder.create(directory, agentId),
      }));
      this.#folder = own;
      this.earlier = new EarlierAgents(dead, role, budget, this.#log);
    } catch (error) {
      throw new Error(advice(directory, error));
    }
    this.#segments = new FrameSegments(this.#folder.path, this.#log);
    this.buffer = new FrameBuffer(memoryBytes, { segments: this.#segments, budget });
    budget.makeRoom(0);
  }

  /**
   * What a successor would say in this agent's name; only written where it changed.
   * @throws the first time, where it cannot be written: with what to do about it
   */
  describe(agent: KeptAgent): void {
    try {
      this.#folder.describe(agent);
      this.#isBegun = true;
    } catch (error) {
      if (!this.#isBegun) {
        this.#folder.remove();
        throw new Error(advice(this.#directory, error));
      }
      this.#errors += 1;
    }
  }

  /** By the names that they have in an agent's report. */
  get drops(): Record<string, number> {
    return { 'buffer.otherboot': this.earlier.otherBoot, 'buffer.torn': this.earlier.torn };
  }

  get counters(): Record<string, number> {
    return { 'buffer.disk.errors': this.#errors + this.#segments.errors + this.earlier.errors };
  }

  /** Leave nothing behind where everything is acknowledged, and what is not to the next agent. */
  close(): void {
    const { held } = this.buffer;
    this.#segments.close();
    if (held === 0) this.#folder.remove();
    else this.#log(`${held} frames are left for the next agent`);
  }
}

const NEXT_STEPS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory: make it, or give another one',
  ENOTDIR: 'it is no directory: give another one',
  ENOSPC: 'its disk is full: make room there, or give another directory',
  EDQUOT: 'its quota is used up: make room there, or give another directory',
  EROFS: 'its file system is read-only: give another directory',
  EACCES: 'it cannot be written: give a directory that this user may write to',
};

function advice(directory: string, error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const next = NEXT_STEPS[code];
  return `--buffer-dir ${directory}: ${next ? `${next} (${code})` : message}`;
}
