/** Drives the load of a run from the client's namespace and shows the layers meanwhile. */
import { join } from 'node:path';
import type { LoadSummary } from '../server/wire/views.ts';
import { startChild } from './child.ts';
import { LabError } from './command.ts';
import type { LoadLine } from './load.ts';
import type { LoadProgress } from './load-generator.ts';
import { GUEST_ADDRESS, insideNamespace, type LabNetwork } from './network.ts';
import type { LabOptions } from './options.ts';
import type { RunState } from './run-state.ts';
import type { ServerApi } from './server-api.ts';
import { logTail } from './services.ts';
import { formatNs, LiveTable, summaryTable } from './table.ts';
import type { Ending } from './up.ts';
import { orAborted } from './waiting.ts';

const GENERATOR = join(import.meta.dirname, 'load.ts');
const MOST_CONNECTIONS = 2000;

export interface LoadResult {
  summary: LoadSummary;
  refused: number;
}

/** Resolves with what the generator measured; `ending.finish` ends the schedule early. */
export async function driveLoad(
  options: LabOptions,
  network: LabNetwork,
  state: RunState,
  logsDir: string,
  api: ServerApi,
  ending: Ending,
): Promise<LoadResult> {
  const { rate, durationS, path, connections } = options;
  const plan = { host: GUEST_ADDRESS, port: 80, path, rate, durationS, connections, maxConnections: MOST_CONNECTIONS };
  const result = Promise.withResolvers<LoadResult>();
  const table = new LiveTable(process.stderr);
  const logFile = join(logsDir, 'load.log');
  const command = insideNamespace(network.client, [process.execPath, GENERATOR, JSON.stringify(plan)]);
  const child = startChild(command, {
    state,
    logFile,
    onLine: (text) => {
      const line = parseLine(text);
      if (line?.type === 'progress') void show(table, api, line);
      else if (line?.type === 'summary') result.resolve({ summary: line.load, refused: line.refused });
    },
  });
  child.ended.then((how) => result.reject(new LabError(`The load generator ended (${how}).\n${logTail(logFile)}`)));
  ending.finish.signal.onabort = () => void child.process.kill('SIGTERM');
  try {
    return await orAborted(result.promise, ending.stop.signal);
  } finally {
    ending.finish.signal.onabort = null;
    table.release();
  }
}

async function show(table: LiveTable, api: ServerApi, { sent, answered, errors }: LoadProgress): Promise<void> {
  const summary = await api.summary();
  const counts = `sent ${sent}, answered ${answered}, errors ${errors}`;
  if (summary === null) return table.draw([`  ${counts}; the server does not answer`], `${counts}; no server`);
  const sparse = `${counts}, joined ${summary.exchanges.joined}; end to end p50 ${formatNs(summary.endToEnd.p50)}`;
  table.draw([...summaryTable(summary), `  ${counts}`], sparse);
}

function parseLine(text: string): LoadLine | null {
  try {
    return JSON.parse(text) as LoadLine;
  } catch {
    return null;
  }
}
