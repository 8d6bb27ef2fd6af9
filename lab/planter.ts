/**
 * A run of the lab in which delays are planted: booted once, judged by its API, ended
 * when done. It gets real-time priority: what else the machine does must not pass for
 * a slow layer.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Health, PathView } from '../server/wire/views.ts';
import { LabError } from './command.ts';
import { Hold } from './hold.ts';
import type { Spent } from './hold-loader.ts';
import { type BlockPlan, stoodStill } from './plant-blocks.ts';
import { marked } from './plant-mark.ts';
import { PLANT_POINTS, type PlantLayer } from './plant-points.ts';
import { lowerHalfMean } from './plant-verdict.ts';
import { ServerApi } from './server-api.ts';
import { newToken, withToken } from './services.ts';
import { formatNs } from './table.ts';

const FRONT_DOOR = join(import.meta.dirname, '../hopscope.ts');
const READY_LIMIT_MS = 180_000;
const CLOCK_LIMIT_MS = 60_000;
const API_LIMIT_MS = 10_000;
const SERVICE_PORT = 80;
const LEAD_MS = 100;
/** A path is there somewhat later than those behind it, at most. */
const SETTLE_MS = 300;
const PATHS_LIMIT_MS = 10_000;
const MOST_PATHS = 1000;
const MOST_ATTEMPTS = 5;

export interface PlanterOptions {
  nic: string;
  /** Requests a second. */
  rate: number;
  port: number;
  say: (line: string) => void;
}

export interface PlantOrder {
  layer: PlantLayer;
  /** 0: everything is done as for a plant, but nothing is held. */
  delayNs: number;
  blockMs: number;
  blocks: boolean[];
}

export interface Planted {
  plan: BlockPlan;
  paths: PathView[];
  /** What was really planted, by the planter's own clock: the mean of the lower half; NaN without a plant. */
  trueNs: number;
  /** How often it was planted, because everything stood still meanwhile; `disturbed`: the last time too. */
  attempts: number;
  disturbed: boolean;
}

export class Planter {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #rate: number;
  readonly #api: ServerApi;
  readonly #say: PlanterOptions['say'];
  #holds: { host: Hold; guest: Hold } | null = null;

  private constructor(
    child: ChildProcessByStdio<null, Readable, Readable>,
    api: ServerApi,
    { rate, say }: PlanterOptions,
  ) {
    this.#child = child;
    this.#api = api;
    this.#rate = rate;
    this.#say = say;
    // Should this process end first, the run must not stay behind.
    process.once('exit', this.#kill);
  }

  /** Boots a guest as `hopscope up` does, and resolves when both sides can be planted in. */
  static async start(options: PlanterOptions): Promise<Planter> {
    const { nic, rate, port, say } = options;
    const flags = ['--no-browser', '--json', '--shell', '--nic', nic, '--rate', String(rate), '--port-http', `${port}`];
    const [program, ...words] = [...realTime(), process.execPath, FRONT_DOOR, 'up', ...flags];
    const token = newToken();
    const child = spawn(program!, words, { stdio: ['ignore', 'pipe', 'pipe'], env: withToken(token) });
    const planter = new Planter(child, new ServerApi(`http://127.0.0.1:${port}`, token), options);
    try {
      const namespace = await namespaceOf(child, say);
      planter.#holds = { host: await Hold.onHost(namespace), guest: await Hold.inGuest(namespace) };
      await planter.#clock();
      return planter;
    } catch (error) {
      await planter.end();
      throw error;
    }
  }

  get url(): string {
    return this.#api.url;
  }

  readonly #kill = () => {
    this.#child.kill('SIGTERM');
  };

  /** Plants, waits for the blocks to pass, and resolves with the paths of that time; again after a stall. */
  async plant(order: PlantOrder): Promise<Planted> {
    for (let attempts = 1; ; attempts++) {
      const planted = await this.#plantOnce(order);
      const disturbed = stoodStill(planted.paths, planted.plan);
      if (!disturbed || attempts === MOST_ATTEMPTS) return { ...planted, attempts, disturbed };
    }
  }

  async #plantOnce({
    layer,
    delayNs,
    blockMs,
    blocks,
  }: PlantOrder): Promise<Pick<Planted, 'plan' | 'paths' | 'trueNs'>> {
    const { side, point } = PLANT_POINTS[layer];
    const hold = this.#holds![side];
    const order = { point, delayNs, leadNs: LEAD_MS * 1e6, blockNs: blockMs * 1e6, blocks, port: SERVICE_PORT };
    const { fromNs } = await hold.hold(order);
    const offsetNs = side === 'guest' ? await this.#clock() : 0;
    // Of CLOCK_MONOTONIC, which hrtime reads too.
    const wallMs = Date.now() - Number(process.hrtime.bigint()) / 1e6;
    const plan = { fromMs: (Number(fromNs) + offsetNs) / 1e6 + wallMs, blockMs, blocks };
    const passed = () => delay(Math.max(0, endOf(plan) - Date.now()));
    const mark = { text: `${formatNs(delayNs)} in ${layer}, in some of ${blocks.length} blocks`, fromMs: plan.fromMs };
    await (delayNs > 0 ? marked(this.#api, mark, this.#say, passed) : passed());
    const { spent } = await hold.release();
    if (delayNs > 0 && spent.planted.length === 0) throw new LabError(`Nothing came by where ${layer} is planted.`);
    return { plan, paths: await this.#paths(plan), trueNs: trueNsOf(spent) };
  }

  /** Ends the run; resolves when it has cleaned up. */
  async end(): Promise<void> {
    this.#holds?.host.end();
    this.#holds?.guest.end();
    process.off('exit', this.#kill);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#kill();
    await closed;
  }

  /** All paths of the blocks: complete as soon as one from behind them is there. */
  async #paths(plan: BlockPlan): Promise<PathView[]> {
    const deadlineMs = endOf(plan) + PATHS_LIMIT_MS;
    for (;;) {
      const limit = Math.min(MOST_PATHS, Math.ceil(((Date.now() - plan.fromMs) / 1000 + 1) * this.#rate));
      const paths = await this.#get<PathView[]>(`/api/runs/current/paths?order=newest&limit=${limit}`);
      const behind = paths.some(({ atMs }) => atMs > endOf(plan) + SETTLE_MS);
      if (behind || Date.now() > deadlineMs) return paths.filter(({ atMs }) => atMs >= plan.fromMs);
      await delay(SETTLE_MS);
    }
  }

  /** What to add to the guest's CLOCK_MONOTONIC to have the host's, ns. */
  async #clock(): Promise<number> {
    const deadlineMs = Date.now() + CLOCK_LIMIT_MS;
    while (Date.now() < deadlineMs) {
      const { clock } = await this.#get<Health>('/api/health');
      if (clock.offsetNs !== null) return clock.offsetNs;
      await delay(200);
    }
    throw new LabError('The server found no clock between host and guest: does the load reach the guest?');
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(this.url + path, { signal: AbortSignal.timeout(API_LIMIT_MS) });
    if (!answer.ok) throw new LabError(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

const REAL_TIME = ['chrt', '--rr', '1'];

/** The words before a command that give it real-time priority; none where that is not allowed. */
function realTime(): string[] {
  return spawnSync(REAL_TIME[0]!, [...REAL_TIME.slice(1), 'true']).status === 0 ? REAL_TIME : [];
}

function trueNsOf({ planted, clean }: Spent): number {
  return lowerHalfMean(planted) - (clean.length > 0 ? lowerHalfMean(clean) : 0);
}

function endOf({ fromMs, blockMs, blocks }: BlockPlan): number {
  return fromMs + blockMs * blocks.length;
}

/** The run says where its guest's shell is; that is the last it says before it drives load. */
async function namespaceOf(
  child: ChildProcessByStdio<null, Readable, Readable>,
  say: (line: string) => void,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  child.stdout.resume();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
    for (const line of text.split('\n')) if (line.startsWith('hopscope: ')) say(line.slice(10));
    const namespace = /shell in the guest: ip netns exec (\S+)/.exec(said)?.[1];
    if (namespace) resolve(namespace);
  });
  child.on('close', () => reject(new LabError(`The run ended before it could be planted in.\n${said}`)));
  const limit = setTimeout(() => reject(new LabError(`The guest did not come up.\n${said}`)), READY_LIMIT_MS);
  return promise.finally(() => clearTimeout(limit));
}
