/**
 * What each of our BPF programs costs in a real guest, by the kernel's run
 * statistics (whose own two clock reads per run are inside the figures). Time
 * counts instructions, 8 ns each, unless --accel says otherwise: the same on a
 * busy machine, but good for ratios only.
 *   --rate <n>     requests a second (100)       --seconds <n>    how long (8)
 *   --nic <model>  (virtio-net-pci)              --accel <which>  (icount)
 *   --json         one JSON object
 */
import { parseArgs } from 'node:util';
import type { ProgramsReport } from './cost-guest.ts';
import { CostLab, GUEST_FOLDER } from './cost-lab.ts';

const { rate, seconds, nic, accel, json } = parseArgs({
  options: {
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '8' },
    nic: { type: 'string', default: 'virtio-net-pci' },
    accel: { type: 'string', default: 'icount' },
    json: { type: 'boolean', default: false },
  },
}).values;

/** How much slower than the host's the guest's own time may pass. */
const SLOWEST = 10;

const lab = await CostLab.start('--rate', rate, '--nic', nic, '--accel', accel);
let report: ProgramsReport;
try {
  const limitMs = (Number(seconds) + 10) * SLOWEST * 1000;
  report = JSON.parse(await lab.guest(`node ${GUEST_FOLDER}/cost-guest.mjs programs ${seconds}`, limitMs));
} finally {
  await lab.stop();
}
if (json) console.log(JSON.stringify({ benchmark: 'cost-programs', ...report }));
else print(report);

function print({ requests, seconds: elapsed, programs }: ProgramsReport): void {
  const perSecond = (requests / elapsed).toFixed(0);
  console.log(
    `BPF programs in the guest, ${nic}, ${accel}, ${requests} requests in ${elapsed.toFixed(1)} s (${perSecond}/s)\n`,
  );
  const row = (...cells: string[]) => console.log(cells.map((c, i) => (i ? c.padStart(12) : c.padEnd(18))).join(''));
  row('program', 'runs/request', 'ns/run', 'ns/request', 'share');
  const total = programs.reduce((sum, { ns }) => sum + ns, 0);
  for (const { name, runs, ns } of programs.toSorted((a, b) => b.ns - a.ns)) {
    const perRun = runs === 0 ? '-' : (ns / runs).toFixed(0);
    row(name, (runs / requests).toFixed(3), perRun, (ns / requests).toFixed(0), `${((100 * ns) / total).toFixed(1)} %`);
  }
  row('all', '', '', (total / requests).toFixed(0), '');
}
