/** What every command that boots a guest has around it: root, what killed ones left, signals, exit codes. */
import { LabError } from './command.ts';
import { removeAbandonedRuns } from './run-state.ts';

/** How a run ends before its time: `finish` ends the load only, `stop` everything, for its reason. */
export interface Ending {
  finish: AbortController;
  stop: AbortController;
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Resolves with the exit code: that of `work`, 1 failed, 128 + n ended by a signal.
 * @param command as the user typed it @param asRoot how to type it to be root
 */
export async function labSession(
  command: string,
  asRoot: string,
  work: (ending: Ending) => Promise<number>,
): Promise<number> {
  const ending: Ending = { finish: new AbortController(), stop: new AbortController() };
  const release = onSignals(ending);
  try {
    if (process.getuid?.() !== 0) {
      throw new LabError(
        `${command} makes namespaces, a tap and BPF programs, which only root may: ${asRoot}\n` +
          'Without root: hopscope server, the dashboard and the API.',
      );
    }
    for (const id of await removeAbandonedRuns()) console.error(`hopscope: removed what run ${id} had left behind`);
    return await work(ending);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    console.error(`hopscope: ${error.message}`);
    return error.exitCode;
  } finally {
    release();
  }
}

/**
 * The first Ctrl-C ends the load where there is one to end, and shows the summary; the second, or any
 * other signal, ends the run at once.
 */
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
