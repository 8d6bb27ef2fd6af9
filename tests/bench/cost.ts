/**
 * What watching costs, in a real guest: nothing, nothing again, Hopscope, the
 * naive variant of ourselves, tcpdump and bpftrace take turns under the same
 * load. Guest time counts instructions (QEMU's icount) unless --accel says
 * otherwise: CPU and BPF ratios then repeat on a busy machine; latencies do not.
 * Exits 1 when a target is missed.
 *   --quick  2 rounds instead of 6, and the ring filled only ten times over
 *   --json   one JSON object with every block
 *   --accel <which>  --seed <n>  --nic <model>
 */
import { parseArgs } from 'node:util';
import { BlockRunner } from './cost-blocks.ts';
import { hostCost } from './cost-host.ts';
import { CostLab } from './cost-lab.ts';
import { Ledger } from './cost-ledger.ts';
import { loneDelaysMs } from './cost-lone.ts';
import { Observers } from './cost-observers.ts';
import { type CostReport, hostRow, missedTargets, observerRows } from './cost-report.ts';
import { isolateNginx } from './cost-snapshot.ts';
import { seeded } from './cost-statistics.ts';
import { printReport } from './cost-table.ts';

const { quick, json, accel, nic, ...given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    accel: { type: 'string', default: 'icount' },
    nic: { type: 'string', default: 'virtio-net-pci' },
    seed: { type: 'string', default: '1' },
  },
}).values;
const seed = Number(given.seed);
const PLAN = quick
  ? {
      rounds: 2,
      closedRequests: 500,
      openRequests: 200,
      lone: 5,
      ledgerLoads: [10],
      hostRounds: 1,
      hostRequests: 200,
      selfCostMs: 10_000,
    }
  : {
      rounds: 6,
      closedRequests: 1500,
      openRequests: 600,
      lone: 30,
      ledgerLoads: [1, 2, 10],
      hostRounds: 2,
      hostRequests: 600,
      selfCostMs: 15_000,
    };
/** The lab's own load: as little as it can be told. */
const LAB_LOAD = ['--rate', '0.1'];

const startMs = performance.now();
function say(line: string): void {
  console.error(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(5)} s  ${line}`);
}

async function measure(lab: CostLab): Promise<CostReport> {
  const random = seeded(seed);
  await isolateNginx(lab);
  const observers = await Observers.prepare(lab);
  const runner = new BlockRunner(lab, observers, PLAN, say);
  await runner.findRate();
  const selfCost = await runner.compareSelfCost();
  say(`self-cost: ${selfCost.measuredNs.toFixed(0)} ns of BPF a request`);
  await observers.switchTo('nothing');
  const loneMs = await loneDelaysMs(lab, observers, PLAN.lone);
  say(`lone records: slowest ${Math.max(...loneMs).toFixed(1)} ms`);
  const ledger = new Ledger(lab, observers, PLAN.ledgerLoads, say);
  await ledger.run();
  const host = await hostCost(lab, PLAN.hostRounds, PLAN.hostRequests, runner.rate, random);
  say('host collector');
  await runner.run(random);
  const { blocks, statistics } = runner;
  const lost = { ...observers.lost, naive: (await observers.naiveState()).lost };
  const report = {
    ...{ accelerator: accel, quick, seed, requestsPerSecondOpen: runner.rate },
    observers: observerRows(blocks, statistics, lost, random),
    host: hostRow(host, random),
    ...{ selfCost, loneMs, ledger: ledger.rows, blocks, statistics },
  };
  return { ...report, missed: missedTargets(report) };
}

const lab = await CostLab.start(...LAB_LOAD, '--image', 'bench', '--uplink', 'network', '--accel', accel, '--nic', nic);
say('the guest is up');
try {
  const report = await measure(lab);
  if (json) console.log(JSON.stringify({ benchmark: 'cost', node: process.version, ...report }));
  else printReport(report);
  if (report.missed.length > 0) process.exitCode = 1;
} finally {
  await lab.stop();
}
