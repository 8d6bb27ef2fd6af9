/**
 * The load generator as a process of its own, in the client's namespace. Takes a
 * plan as JSON, prints one JSON line a second and the summary at the end; SIGTERM
 * ends the schedule early, the answers still due are waited for.
 */
import type { LoadSummary } from '../server/wire/views.ts';
import { LoadGenerator, type LoadPlan, type LoadProgress } from './load-generator.ts';

export type LoadLine =
  | ({ type: 'progress' } & LoadProgress)
  | ({ type: 'summary'; refused: number } & { load: LoadSummary });

if (import.meta.main) {
  const plan = JSON.parse(process.argv[2] ?? '{}') as Omit<LoadPlan, 'durationS'> & { durationS: number | null };
  const generator = new LoadGenerator({ ...plan, durationS: plan.durationS ?? Number.POSITIVE_INFINITY });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => generator.stop());
  const report = setInterval(() => print({ type: 'progress', ...generator.progress() }), 1000);
  const load = await generator.run();
  clearInterval(report);
  print({ type: 'summary', refused: generator.progress().refused, load });
}

function print(line: LoadLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
