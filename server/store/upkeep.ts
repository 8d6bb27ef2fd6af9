/** What a database needs now and then beside its commits, a short transaction at a time, so that those come between. */
import type { Coverage } from '../wire/series-views.ts';
import type { PruneAnswer, PruneAsk, Pruned, Sampled } from './duckdb-messages.ts';
import type { DuckDbThread } from './duckdb-thread.ts';

/** How long rows are kept from when they were stored, ms, and how many bytes of the file may be in use. */
export interface Retention {
  keepMs: PruneAsk['keepMs'];
  maxBytes: number;
}

export const KEEP_ALL: Retention = {
  keepMs: { paths: Number.POSITIVE_INFINITY, seconds: Number.POSITIVE_INFINITY, minutes: Number.POSITIVE_INFINITY },
  maxBytes: Number.POSITIVE_INFINITY,
};

/** What paths referred to may stay so much longer than they. */
const SWEEP_MS = 3_600_000;
/** Read in a tenth of a second. */
const LOGGED_BYTES = 4 * 2 ** 20;
const NOTHING = { of: 0, slow: 0, errors: 0, sample: 0 };

export interface Commits {
  /** Number of the first path that is not in the file yet. */
  readonly written: number;
  /** Resolves when no commit is under way: whether the file may be changed then. */
  quiet(): Promise<boolean>;
}

export class Upkeep {
  readonly #thread: DuckDbThread;
  readonly #retention: Retention;
  readonly #coverage = new Map<string, Coverage>();
  /** Rows deleted by this process. */
  readonly pruned: Record<Pruned['what'], number> = { paths: 0, seconds: 0, minutes: 0 };

  #logged = 0;
  #sweptMs = Number.NEGATIVE_INFINITY;

  private constructor(thread: DuckDbThread, retention: Retention) {
    this.#thread = thread;
    this.#retention = retention;
  }

  /** @param logged see Opening */
  static async of(thread: DuckDbThread, logged: number, retention: Retention): Promise<Upkeep> {
    const upkeep = new Upkeep(thread, retention);
    upkeep.#logged = logged;
    for (const pruned of await thread.ask('pruned', null)) upkeep.#note(pruned);
    upkeep.sampled(await thread.ask('sampled', null));
    return upkeep;
  }

  coverage(run: string): Coverage {
    return this.#coverage.get(run) ?? {};
  }

  async run(nowMs: number, commits: Commits): Promise<void> {
    await this.#keepStartsShort(commits);
    while ((await commits.quiet()) && (await this.#thread.ask('rollUp', null)));
    while ((await commits.quiet()) && (await this.#thread.ask('makeMissing', null)));
    await this.#prune(nowMs, {}, commits);
    while ((await commits.quiet()) && (await this.#thread.ask('listPart', commits.written)));
    if (!(await commits.quiet())) return;
    const below = await this.#thread.ask('tooMuch', this.#retention.maxBytes);
    if (Object.keys(below).length > 0) await this.#prune(nowMs, below, commits);
    await this.#prepare(commits);
  }

  /** A server that is killed again and again would read more at each start. */
  async #keepStartsShort(commits: Commits): Promise<void> {
    if (this.#logged <= LOGGED_BYTES || !(await commits.quiet())) return;
    await this.#thread.ask('checkpoint', null);
    this.#logged = 0;
  }

  /** It reads all of a run, and holds up neither commits nor questions. */
  async #prepare(commits: Commits): Promise<void> {
    while (await commits.quiet()) {
      const run = await this.#thread.ask('nextToPrepare', null);
      if (run === null) return;
      const prepared = await this.#thread.ask('prepare', run);
      if (prepared !== null && (await commits.quiet())) await this.#thread.ask('keepPrepared', prepared);
    }
  }

  async #prune(nowMs: number, below: PruneAsk['below'], commits: Commits): Promise<void> {
    const { keepMs } = this.#retention;
    let any = false;
    for (let more = true; more && (await commits.quiet()); ) {
      const ask = { nowMs, next: commits.written, keepMs, below };
      const answer: PruneAnswer = await this.#thread.ask('prune', ask);
      for (const pruned of answer.pruned) this.#count(pruned);
      more = answer.more;
      any ||= more;
    }
    if (any) await this.#sweep(nowMs, Object.keys(below).length > 0, commits);
    // Blocks are free, and counted so, from then on.
    if (any && (await commits.quiet())) await this.#thread.ask('checkpoint', null);
  }

  /** It looks at all paths: not after every few that were deleted. */
  async #sweep(nowMs: number, isUrgent: boolean, commits: Commits): Promise<void> {
    if (!isUrgent && nowMs - this.#sweptMs < SWEEP_MS) return;
    if (!(await commits.quiet())) return;
    await this.#thread.ask('sweep', null);
    this.#sweptMs = nowMs;
  }

  #count(pruned: Pruned): void {
    this.pruned[pruned.what] += pruned.count;
    this.#note(pruned);
  }

  #note({ run, what, count, untilMs }: Pruned): void {
    if (what !== 'paths') return;
    const before = this.#coverage.get(run) ?? {};
    const { paths, untilMs: until } = before.pruned ?? { paths: 0, untilMs };
    this.#coverage.set(run, { ...before, pruned: { paths: paths + count, untilMs: Math.max(until, untilMs) } });
  }

  /** A commit is in the file that a budget chose from. */
  sampled(counts: readonly Sampled[]): void {
    for (const { run, ...more } of counts) {
      const before = this.#coverage.get(run) ?? {};
      const { of, slow, errors, sample } = before.sampled ?? NOTHING;
      const sampled = {
        ...{ of: of + more.of, slow: slow + more.slow },
        ...{ errors: errors + more.errors, sample: sample + more.sample },
      };
      this.#coverage.set(run, { ...before, sampled });
    }
  }

  forget(run: string): void {
    this.#coverage.delete(run);
  }
}
