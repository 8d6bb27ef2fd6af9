/** Drives the load of `hopscope up` and shows the layers meanwhile. */
import type { Lab } from './booted-lab.ts';
import type { LoadProgress } from './load-generator.ts';
import { LoadProcess, type LoadResult } from './load-process.ts';
import { GUEST_ADDRESS } from './network.ts';
import type { LabOptions } from './options.ts';
import type { ServerApi } from './server-api.ts';
import type { Ending } from './session.ts';
import { formatNs, LiveTable, summaryTable } from './table.ts';

/** Resolves with what the generator measured; `ending.finish` ends the schedule early. */
export async function driveLoad(options: LabOptions, lab: Lab, { finish, stop }: Ending): Promise<LoadResult> {
  const { rate, durationS, path, connections } = options;
  const plan = { host: GUEST_ADDRESS, port: 80, path, rate, durationS, connections };
  const table = new LiveTable(process.stderr);
  const load = new LoadProcess(lab);
  finish.signal.onabort = () => load.finish();
  try {
    return await load.run(plan, (progress) => void show(table, lab.api, progress), stop.signal);
  } finally {
    finish.signal.onabort = null;
    load.end();
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
