/**
 * What each of our BPF programs costs in a real guest, by the kernel's run
 * statistics (whose own two clock reads per run are inside the figures).
 *   --rate <n>     requests a second (300)       --seconds <n>  how long (10)
 *   --nic <model>  (virtio-net-pci)              --json         one JSON object
 */
import { parseArgs } from 'node:util';
import type { ProgramsReport } from './cost-guest.ts';
import { CostLab, GUEST_FOLDER } from './cost-lab.ts';

const { rate, seconds, nic, json } = parseArgs({
  options: {
    rate: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '10' },
    nic: { type: 'string', default: 'virtio-net-pci' },
    json: { type: 'boolean', default: false },
  },
}).values;

const lab = await CostLab.start('--rate', rate, '--nic', nic);
let report: ProgramsReport;
try {
  const limitMs = Number(seconds) * 1000 + 30_000;
  report = JSON.parse(await lab.guest(`node ${GUEST_FOLDER}/cost-guest.mjs programs ${seconds}`, limitMs));
} finally {
  await lab.stop();
}
if (json) console.log(JSON.stringify({ benchmark: 'cost-programs', ...report }));
else print(report);

function print({ requests, seconds: elapsed, programs }: ProgramsReport): void {
  const perSecond = (requests / elapsed).toFixed(0);
  console.log(`BPF programs in the guest, ${nic}, ${requests} requests in ${elapsed.toFixed(1)} s (${perSecond}/s)\n`);
  const row = (...cells: string[]) => console.log(cells.map((c, i) => (i ? c.padStart(12) : c.padEnd(18))).join(''));
  row('program', 'runs/request', 'ns/run', 'ns/request', 'share');
  const total = programs.reduce((sum, { ns }) => sum + ns, 0);
  for (const { name, runs, ns } of programs.toSorted((a, b) => b.ns - a.ns)) {
    const perRun = runs === 0 ? '-' : (ns / runs).toFixed(0);
    row(name, (runs / requests).toFixed(3), perRun, (ns / requests).toFixed(0), `${((100 * ns) / total).toFixed(1)} %`);
  }
  row('all', '', '', (total / requests).toFixed(0), '');
}
