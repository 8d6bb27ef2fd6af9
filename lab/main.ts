/** `hopscope up`: options, signals, exit code. The run itself is in up.ts. */
import { LabError } from './command.ts';
import { parseLabOptions } from './options.ts';
import { removeAbandonedRuns } from './run-state.ts';
import { type Ending, up } from './up.ts';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Resolves with the exit code: 0 done, 1 failed, 2 wrong flags, 128 + n ended by a signal. */
export async function main(args: string[]): Promise<number> {
  const parsed = parseLabOptions(args);
  if (!parsed.ok) return parsed.exitCode;
  const ending: Ending = { finish: new AbortController(), stop: new AbortController() };
  const release = onSignals(ending);
  try {
    if (process.getuid?.() !== 0) {
      throw new LabError(
        'hopscope up makes namespaces, a tap and BPF programs, which only root may: sudo npm start\n' +
          'Without root: hopscope server, the dashboard and the API.',
      );
    }
    for (const id of await removeAbandonedRuns()) console.error(`hopscope: removed what run ${id} had left behind`);
    return await up(parsed.options, ending);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    console.error(`hopscope: ${error.message}`);
    return error.exitCode;
  } finally {
    release();
  }
}

/** The first Ctrl-C ends the load and shows the summary; the second, or any other signal, ends the run at once. */
function onSignals({ finish, stop }: Ending): () => void {
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    if (signal === 'SIGINT' && !finish.signal.aborted && finish.signal.onabort) finish.abort();
    else stop.abort(new LabError(`ended by ${signal}, cleaned up`, EXIT_CODES[signal]));
  };
  const onBug = (error: unknown) => stop.abort(error);
  for (const signal of Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]) process.on(signal, onSignal);
  process.on('uncaughtException', onBug).on('unhandledRejection', onBug);
  return () => {
    for (const signal of Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]) process.off(signal, onSignal);
    process.off('uncaughtException', onBug).off('unhandledRejection', onBug);
  };
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
