/** Load in blocks: each warms up, then is recorded in the run of its variant, which its next block resumes. */
import type { LoadSummary, RunInfo } from '../server/wire/views.ts';
import type { Lab } from './booted-lab.ts';
import { LabError } from './command.ts';
import type { CompareOptions } from './compare-options.ts';
import { LoadProcess } from './load-process.ts';
import { RestingLabs } from './resting-labs.ts';
import { LiveTable } from './table.ts';
import type { Variant } from './variants.ts';

export interface RecordedVariant {
  variant: Variant;
  lab: Lab;
  /** Id of its run. */
  run: string;
  /** Of all its blocks. */
  load: LoadSummary;
}

/** What drives a guest. */
interface Driver {
  load: LoadProcess;
  /** The run of all that is not recorded. */
  between: string;
}

const CONNECTIONS = 8;
const WARM_UP = 'warm-up';

export class BlockRuns {
  readonly #labs: ReadonlyMap<Variant, Lab>;
  readonly #options: CompareOptions;
  readonly #signal: AbortSignal;
  readonly #drivers: ReadonlyMap<Lab, Driver>;
  readonly #table = new LiveTable(process.stderr);
  /** Ids. */
  readonly #runs = new Map<Variant, string>();
  readonly recorded = new Map<Variant, RecordedVariant>();
  readonly resting: RestingLabs;

  private constructor(
    labs: ReadonlyMap<Variant, Lab>,
    drivers: ReadonlyMap<Lab, Driver>,
    options: CompareOptions,
    signal: AbortSignal,
  ) {
    this.#labs = labs;
    this.#drivers = drivers;
    this.#options = options;
    this.#signal = signal;
    this.resting = new RestingLabs([...drivers.keys()]);
  }

  /** @param labs where each variant is asked; several may share one */
  static async start(
    labs: ReadonlyMap<Variant, Lab>,
    options: CompareOptions,
    signal: AbortSignal,
  ): Promise<BlockRuns> {
    const drivers = new Map<Lab, Driver>();
    for (const lab of new Set(labs.values())) {
      drivers.set(lab, { between: told(await lab.api.run()).id, load: new LoadProcess(lab) });
    }
    return new BlockRuns(labs, drivers, options, signal);
  }

  /** Resolves when all is driven; rejects with a LabError, or the signal's reason. */
  async drive(blocks: readonly Variant[]): Promise<void> {
    const blockMs = (this.#options.warmUpS + this.#options.blockS) * 1000;
    for (const [index, variant] of blocks.entries()) {
      const endMs = performance.now() + (blocks.length - index) * blockMs;
      const show = () => void this.#show(`block ${index + 1} of ${blocks.length}: ${variant.name}`, endMs);
      show();
      await this.#block(variant, show);
    }
    this.#table.release();
  }

  end(): void {
    for (const { load } of this.#drivers.values()) load.end();
  }

  async #block(variant: Variant, show: () => void): Promise<void> {
    const lab = this.#labs.get(variant)!;
    const { load, between } = this.#drivers.get(lab)!;
    await load.run(this.#plan(variant, this.#options.warmUpS, WARM_UP), show, this.#signal);
    const known = this.#runs.get(variant);
    const { id } = told(await (known ? lab.api.resumeRun(known) : lab.api.startRun(variant.name)));
    this.#runs.set(variant, id);
    const plan = this.#plan(variant, this.#options.blockS, variant.name);
    const { summary, refused } = await this.resting.beside(lab, () => load.run(plan, show, this.#signal));
    told(await lab.api.resumeRun(between));
    told(await lab.api.putLoad(summary, id));
    this.recorded.set(variant, { variant, lab, run: id, load: summary });
    if (refused > 0) lab.say(`${refused} answers had a status of 400 or above`);
  }

  #plan({ address }: Variant, durationS: number, tally: string) {
    const { rate, path } = this.#options;
    return { host: address, port: 80, path, rate, durationS, connections: CONNECTIONS, tally };
  }

  async #show(block: string, endMs: number): Promise<void> {
    const answers = await Promise.all([...this.#drivers.keys()].map(({ api }) => api.runs()));
    const runs = answers.flatMap((answer) => answer ?? []);
    const joined = [...this.#runs].map(([{ name }, id]) => `${joinedOf(runs, id)} by ${name}`);
    const left = Math.max(0, Math.round((endMs - performance.now()) / 1000));
    const line = `  ${block}; joined so far: ${joined.join(', ') || 'none'}; about ${left} s left`;
    this.#table.draw([line], line);
  }
}

function joinedOf(runs: readonly RunInfo[], id: string): number {
  return runs.find((run) => run.id === id)?.exchanges ?? 0;
}

/** Runs are kept in the server's memory: one that is started again knows none of ours. */
export function told<T>(answer: T | null): T {
  if (answer !== null) return answer;
  throw new LabError('The server did not answer, or has lost its runs: what was recorded is not whole. Run it again.');
}
