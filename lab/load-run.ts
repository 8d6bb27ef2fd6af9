/** Drives the load of `hopscope up`, on each guest its own, and shows the layers meanwhile. */
import type { Lab } from './booted-lab.ts';
import type { PlacedVm } from './lab-vm.ts';
import type { LoadProgress } from './load-generator.ts';
import { LoadProcess, type LoadResult } from './load-process.ts';
import type { LabOptions } from './options.ts';
import type { ServerApi } from './server-api.ts';
import type { Ending } from './session.ts';
import { formatNs, LiveTable } from './table.ts';
import { runTable } from './vms-table.ts';

/** Resolves with what the generators measured, by guest; `ending.finish` ends the schedules early. */
export async function driveLoad(
  options: LabOptions,
  lab: Lab,
  { finish, stop }: Ending,
): Promise<ReadonlyMap<string, LoadResult>> {
  const { rate, durationS, path, connections } = options;
  const table = new LiveTable(process.stderr);
  const loads = lab.vms.map((vm) => ({ vm, process: new LoadProcess(lab, vm.suffix) }));
  const progress = new Map<string, LoadProgress>();
  const drive = async ({ vm, process }: (typeof loads)[number]) => {
    const plan = { host: vm.address, port: 80, path, rate, durationS, connections };
    const onProgress = (now: LoadProgress) => {
      progress.set(vm.name, now);
      if (vm === lab.vms[0]) void show(table, lab, progress);
    };
    return [vm.name, await process.run(plan, onProgress, stop.signal)] as const;
  };
  finish.signal.onabort = () => {
    for (const { process } of loads) process.finish();
  };
  try {
    return new Map(await Promise.all(loads.map(drive)));
  } finally {
    finish.signal.onabort = null;
    for (const { process } of loads) process.end();
    table.release();
  }
}

async function show(
  table: LiveTable,
  lab: { api: ServerApi; vms: readonly PlacedVm[] },
  all: ReadonlyMap<string, LoadProgress>,
) {
  const summary = await lab.api.summary();
  const counts = [...all].map(([vm, now]) => `${lab.vms.length > 1 ? `${vm}: ` : ''}${countsText(now)}`).join('; ');
  if (summary === null) return table.draw([`  ${counts}; the server does not answer`], `${counts}; no server`);
  const sparse = `${counts}, joined ${summary.exchanges.joined}; end to end p50 ${formatNs(summary.endToEnd.p50)}`;
  table.draw([...runTable(summary), `  ${counts}`], sparse);
}

function countsText({ sent, answered, errors }: LoadProgress): string {
  return `sent ${sent}, answered ${answered}, errors ${errors}`;
}
