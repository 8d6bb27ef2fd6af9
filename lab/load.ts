/**
 * The load generator as a process of its own, in the client's namespace. Takes a
 * plan as JSON, or one a line on standard input, each once the one before is over;
 * prints one JSON line a second, and a summary at the end of each plan. SIGTERM ends
 * the schedule early, the answers still due are waited for.
 */
import { createInterface } from 'node:readline';
import type { LoadSummary } from '../server/wire/views.ts';
import { LoadGenerator, type LoadPlan, type LoadProgress } from './load-generator.ts';
import { LoadTally } from './load-tally.ts';

/** As JSON has no Infinity, a schedule without an end is null. */
export interface LoadOrder extends Omit<LoadPlan, 'durationS'> {
  durationS: number | null;
  /** The summary is that of all plans so far of the same tally; left out, of this one. */
  tally?: string;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export type LoadLine =
  | ({ type: 'progress' } & LoadProgress)
  | ({ type: 'summary'; refused: number } & { load: LoadSummary });

if (import.meta.main) {
  const tallies = new Map<string, LoadTally>();
  const [plan] = process.argv.slice(2);
  if (plan !== undefined) await drive(plan, tallies);
  else for await (const line of createInterface({ input: process.stdin })) await drive(line, tallies);
}

async function drive(text: string, tallies: Map<string, LoadTally>): Promise<void> {
  const { durationS, tally: name, ...plan } = JSON.parse(text) as LoadOrder;
  const tally = (name !== undefined && tallies.get(name)) || new LoadTally();
  if (name !== undefined) tallies.set(name, tally);
  const generator = new LoadGenerator({ ...plan, durationS: durationS ?? Number.POSITIVE_INFINITY }, tally);
  const stop = () => generator.stop();
  for (const signal of SIGNALS) process.on(signal, stop);
  const report = setInterval(() => print({ type: 'progress', ...generator.progress() }), 1000);
  const load = await generator.run();
  clearInterval(report);
  for (const signal of SIGNALS) process.off(signal, stop);
  print({ type: 'summary', refused: generator.progress().refused, load });
}

function print(line: LoadLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
