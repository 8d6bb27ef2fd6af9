/**
 * Agents of this machine that were killed before a server had all their frames.
 * These are sent first, in their name: the server knows by agent id and sequence
 * what it has. One agent after the other, as their records came.
 */
import { hostname } from 'node:os';
import type { Vantage } from '../../server/wire/stations.ts';
import { FrameBuffer } from '../frame-buffer.ts';
import { helloOf } from '../hello.ts';
import type { Route } from '../link.ts';
import { bootId } from '../machine.ts';
import { Uplink, type UplinkEvents } from '../uplink.ts';
import type { AgentFolder, KeptAgent } from './agent-folder.ts';
import type { DiskBudget } from './disk-budget.ts';
import { FrameSegments } from './frame-segments.ts';

/** More agents than this were killed and found no server: the oldest are given up. */
const EARLIER_MOST = 128;
/** What did not fit into the link is tried again after this. */
const FLUSH_EVERY_MS = 25;

/** An agent whose process is gone, and what it could not hand over. */
interface EarlierAgent {
  kept: KeptAgent;
  folder: AgentFolder;
  segments: FrameSegments;
  buffer: FrameBuffer;
}

type Owned = Pick<EarlierAgent, 'kept' | 'folder'>;

export class EarlierAgents {
  readonly #role: Vantage;
  readonly #budget: DiskBudget;
  readonly #log: (line: string) => void;
  /** The oldest first. */
  #agents: EarlierAgent[] = [];
  readonly #uplinks = new Set<Uplink>();
  #closed = false;
  /** Records lost: not written to their end, of another boot, beyond the budget. */
  torn = 0;
  otherBoot = 0;
  #dropped = 0;
  /** Folders that could not be removed. */
  #errors = 0;

  /** @param folders locked; throws what the file system says */
  constructor(folders: readonly AgentFolder[], role: Vantage, budget: DiskBudget, log: (line: string) => void) {
    this.#role = role;
    this.#budget = budget;
    this.#log = log;
    const owned = folders.flatMap((folder) => this.#own(folder));
    owned.sort((a, b) => Number(BigInt(a.kept.startedNs) - BigInt(b.kept.startedNs)));
    for (const each of owned) this.#take(each);
    while (this.#agents.length > EARLIER_MOST) this.#giveUp(this.#agents[0] as EarlierAgent);
  }

  /** A folder of another machine or role is left to its own. */
  #own(folder: AgentFolder): Owned[] {
    const kept = folder.owner();
    const { role, provenance } = kept?.hello ?? {};
    if (kept && role === this.#role && provenance?.hostname === hostname()) return [{ kept, folder }];
    const whose = kept ? `of the ${role} agent of ${provenance?.hostname}` : 'of no agent that is known';
    if (!folder.removeEmpty()) this.#log(`${folder.path} is ${whose}: left alone`);
    folder.release();
    return [];
  }

  #take({ kept, folder }: Owned): void {
    const segments = FrameSegments.read(folder.path, this.#log);
    const agent = { kept, folder, segments, buffer: new FrameBuffer(0, { segments, budget: this.#budget }) };
    this.#agents.push(agent);
    if (kept.hello.bootId !== bootId()) this.#forget(agent);
    else this.#adopt(agent);
  }

  #adopt(agent: EarlierAgent): void {
    const { torn } = agent.segments;
    this.torn += torn;
    if (torn > 0) this.#log(`${torn} records lost: the agent before this one was killed while it wrote them`);
    if (agent.buffer.held === 0) this.#finish(agent);
  }

  #forget(agent: EarlierAgent): void {
    const { buffer, segments } = agent;
    while (buffer.dropSegment());
    const lost = buffer.dropped + segments.torn;
    this.otherBoot += lost;
    if (lost > 0)
      this.#log(`${lost} records of before the last boot deleted: nothing can be joined with them any more`);
    this.#remove(agent);
  }

  #giveUp(agent: EarlierAgent): void {
    while (agent.buffer.dropSegment());
    this.#finish(agent);
  }

  #finish(agent: EarlierAgent): void {
    this.#dropped += agent.buffer.dropped;
    this.#remove(agent);
  }

  #remove(agent: EarlierAgent): void {
    this.#agents = this.#agents.filter((other) => other !== agent);
    this.#budget.remove(agent.buffer);
    agent.segments.close();
    this.#errors += agent.segments.errors;
    this.#try(() => agent.folder.remove());
  }

  #try(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#errors += 1;
      this.#log((error as Error).message);
    }
  }

  /**
   * Send all they left; what a server refuses stays where it is.
   * @returns when the route is free for others: with all sent, or acknowledged where it carries one conversation;
   * whether it was not closed meanwhile
   */
  async send(route: Route, token: string, events: UplinkEvents): Promise<boolean> {
    for (const agent of [...this.#agents]) {
      await this.#sendOf(agent, route, token, events);
      if (this.#closed) return false;
    }
    return true;
  }

  #sendOf(agent: EarlierAgent, route: Route, token: string, events: UplinkEvents): Promise<void> {
    const { promise: isFree, resolve: free } = Promise.withResolvers<void>();
    const uplink = this.#uplinkOf(agent, route, token, events);
    this.#uplinks.add(uplink);
    const timer = setInterval(() => {
      uplink.flush();
      if (route.carriesMany && agent.buffer.isSent) free();
    }, FLUSH_EVERY_MS);
    void uplink.drained().then(async () => {
      clearInterval(timer);
      this.#uplinks.delete(uplink);
      await uplink.close(0);
      if (!this.#closed && agent.buffer.held === 0) this.#finish(agent);
      free();
    });
    uplink.connect();
    return isFree;
  }

  #uplinkOf({ kept, folder, buffer }: EarlierAgent, route: Route, token: string, events: UplinkEvents): Uplink {
    const uplink = new Uplink(route, () => ({ ...helloOf(kept.hello, token), killed: true }), buffer, {
      onState: (state, detail) =>
        events.onState(state, `${detail} (${buffer.held} frames of an agent that was killed)`),
      onRefused: (code, message) => this.#log(`the server refused ${folder.path} (${code}): ${message}; it stays`),
    });
    if (kept.vms) uplink.send({ type: 'vms', vms: kept.vms });
    return uplink;
  }

  /** Frames that are not acknowledged yet. */
  get held(): number {
    return this.#agents.reduce((sum, { buffer }) => sum + buffer.held, 0);
  }

  get dropped(): number {
    return this.#agents.reduce((sum, { buffer }) => sum + buffer.dropped, this.#dropped);
  }

  get errors(): number {
    return this.#agents.reduce((sum, { segments }) => sum + segments.errors, this.#errors);
  }

  /** What is not handed over is the next agent's. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#uplinks].map((uplink) => uplink.close(0)));
    for (const { segments, folder } of this.#agents.splice(0)) {
      segments.close();
      folder.release();
    }
  }
}
