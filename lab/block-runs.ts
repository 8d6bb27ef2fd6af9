/** Load in blocks: each warms up, then is recorded in the run of its variant, which its next block resumes. */
import type { LoadSummary, RunInfo } from '../server/wire/views.ts';
import type { Lab } from './booted-lab.ts';
import { LabError } from './command.ts';
import type { CompareOptions } from './compare-options.ts';
import { LoadProcess } from './load-process.ts';
import { RestingGuests } from './resting-guests.ts';
import { LiveTable } from './table.ts';
import type { Variant } from './variants.ts';

export interface RecordedVariant {
  variant: Variant;
  /** Id of its run. */
  run: string;
  /** Of all its blocks. */
  load: LoadSummary;
  /** What its guest took while another one was asked; null where there is but one. */
  restingCpus: number | null;
}

const CONNECTIONS = 8;
const WARM_UP = 'warm-up';

export class BlockRuns {
  readonly #lab: Lab;
  readonly #options: CompareOptions;
  readonly #signal: AbortSignal;
  readonly #load: LoadProcess;
  /** The run of all that is not recorded. */
  readonly #between: string;
  readonly #resting: RestingGuests;
  readonly #table = new LiveTable(process.stderr);
  /** Ids, by the variants' names. */
  readonly #runs = new Map<string, string>();
  /** By the variants' names. */
  readonly #loads = new Map<string, LoadSummary>();

  private constructor(lab: Lab, options: CompareOptions, signal: AbortSignal, between: string) {
    this.#lab = lab;
    this.#options = options;
    this.#signal = signal;
    this.#between = between;
    this.#load = new LoadProcess(lab);
    this.#resting = new RestingGuests(lab.guests);
  }

  static async start(lab: Lab, options: CompareOptions, signal: AbortSignal): Promise<BlockRuns> {
    return new BlockRuns(lab, options, signal, told(await lab.api.run()).id);
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
    this.#load.end();
  }

  async #block(variant: Variant, show: () => void): Promise<void> {
    const { api, say } = this.#lab;
    await this.#ask(variant, this.#options.warmUpS, WARM_UP, show);
    const known = this.#runs.get(variant.name);
    const { id } = told(await (known ? api.resumeRun(known) : api.startRun(variant.name)));
    this.#runs.set(variant.name, id);
    const block = () => this.#ask(variant, this.#options.blockS, variant.name, show);
    const { summary, refused } = await this.#resting.beside(this.#guestOf(variant), block);
    told(await api.resumeRun(this.#between));
    told(await api.putLoad(summary, id));
    this.#loads.set(variant.name, summary);
    if (refused > 0) say(`${refused} answers had a status of 400 or above`);
  }

  /** What came of a variant; only after its blocks. */
  recorded(variant: Variant): RecordedVariant {
    const { name } = variant;
    const restingCpus = this.#resting.cpusOf(this.#guestOf(variant));
    return { variant, run: this.#runs.get(name)!, load: this.#loads.get(name)!, restingCpus };
  }

  /** Where there is one for each variant it has the variant's name, else it is the only one. */
  #guestOf({ name }: Variant): number {
    return Math.max(
      0,
      this.#lab.vms.findIndex((vm) => vm.name === name),
    );
  }

  #ask({ address }: Variant, durationS: number, tally: string, show: () => void) {
    const { rate, path } = this.#options;
    const plan = { host: address, port: 80, path, rate, durationS, connections: CONNECTIONS, tally };
    return this.#load.run(plan, show, this.#signal);
  }

  async #show(block: string, endMs: number): Promise<void> {
    const runs = (await this.#lab.api.runs()) ?? [];
    const joined = [...this.#runs].map(([name, id]) => `${joinedOf(runs, id)} by ${name}`);
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
