/** `hopscope server`: options, start, signals, exit code. */
import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { isListenError, listenFailure } from './listen.ts';
import { addressUrl, type ListenAddress } from './listen-address.ts';
import { makeLog } from './log.ts';
import { ObjectivesError } from './objectives-file.ts';
import { parseOptions, type ServerOptions } from './options.ts';
import { type RunningServer, startServer } from './server.ts';
import { StoreError } from './store/store-error.ts';

/** Longer than a graceful close may take. */
const CLOSE_LIMIT_MS = 2_000;

/**
 * Else V8 marks the whole heap again for every 64 MB of buffers, which is several times a second under load; buffers
 * of sockets die young, and are freed without that.
 */
setFlagsFromString('--external-memory-accounted-in-global-limit');

/** Runs until a signal. @returns the exit code: 0 ended as asked, 1 failed, 2 wrong usage */
export async function main(args: string[]): Promise<number> {
  const parsed = parseOptions(args);
  if (!parsed.ok) {
    if (parsed.message !== '') process.stderr.write(`hopscope server: ${parsed.message}\n`);
    return parsed.exitCode;
  }
  const { options } = parsed;
  const log = makeLog(options);
  let server: RunningServer;
  try {
    server = await startServer(options, { log, now: Date.now });
  } catch (error) {
    const reason = startFailure(error);
    if (reason === null) throw error;
    process.stderr.write(`hopscope server: ${reason}\n`);
    return 1;
  }
  const stop = stopSignal();
  const [first] = server.addresses as [ListenAddress];
  log.info(
    { url: addressUrl(first), also: server.addresses.slice(1).map((a) => addressUrl(a)) },
    'Hopscope is listening',
  );
  // A server that is killed should start as quickly the next time as one that ends.
  flushCompileCache();
  if (options.tokenGenerated) log.info({ command: agentCommand(first, options) }, 'start agents with');
  const failure = await stop;
  if (failure !== null) log.error({ err: failure }, 'stopping after an error');
  await closeInTime(server);
  return failure === null ? 0 : 1;
}

/** Why it did not start, where that is nobody's mistake but the surroundings'. */
function startFailure(error: unknown): string | null {
  if (error instanceof StoreError || error instanceof ObjectivesError) return error.message;
  return isListenError(error) ? listenFailure(error) : null;
}

/** The line that starts an agent beside this server; shown once, because nobody chose this token. */
function agentCommand(address: ListenAddress, { token }: ServerOptions): string {
  return `hopscope agent --role host --server ${addressUrl(address, 'ws')}/agent --token ${token}`;
}

/** @returns null at SIGINT or SIGTERM, or the error nobody caught */
function stopSignal(): Promise<Error | null> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(null));
    process.once('uncaughtException', resolve);
    process.once('unhandledRejection', (reason) =>
      resolve(reason instanceof Error ? reason : new Error(String(reason))),
    );
  });
}

async function closeInTime(server: RunningServer): Promise<void> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_LIMIT_MS).unref());
  await Promise.race([server.close(), limit]);
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
