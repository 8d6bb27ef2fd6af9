/** The report for people. */
import { type Claim, type CostReport, type ObserverRow, range } from './cost-report.ts';
import { median } from './cost-statistics.ts';

export function printReport(report: CostReport): void {
  const { accelerator, seed, requestsPerSecondOpen, quick } = report;
  const time = accelerator === 'icount' ? '; in the guest 1 instruction is 8 ns, only ratios mean something' : '';
  console.log(
    `cost in a guest (${accelerator}${time}), seed ${seed}${quick ? ', quick' : ''}, Node ${process.version}`,
  );
  console.log(
    'ratios are against nothing, with 95 % intervals over blocks; n.r.: not resolvable, within nothing against nothing\n',
  );
  table(
    ['CPU a request', 'blocks', 'Nginx µs', 'ratio', 'whole guest µs', 'ratio', 'Nginx µs at 70 %', 'ratio'],
    report.observers.map((row) => [
      row.observer,
      String(row.blocks),
      row.medians.nginxUs.toFixed(0),
      claimed(row, 'nginxUs'),
      row.medians.busyUs.toFixed(0),
      claimed(row, 'busyUs'),
      row.medians.openNginxUs.toFixed(0),
      claimed(row, 'openNginxUs'),
    ]),
  );
  table(
    [
      'load',
      'req/s at most',
      'ratio',
      `p50 µs at ${requestsPerSecondOpen.toFixed(0)}/s`,
      'ratio',
      'p99 µs',
      'ratio',
      'lost',
    ],
    report.observers.map((row) => [
      row.observer,
      row.medians.perSecond.toFixed(0),
      claimed(row, 'perSecond'),
      row.medians.p50Us.toFixed(0),
      claimed(row, 'p50Us'),
      row.medians.p99Us.toFixed(0),
      claimed(row, 'p99Us'),
      row.lost === null ? '-' : String(row.lost),
    ]),
  );
  const ours = report.observers.find(({ observer }) => observer === 'hopscope')?.bpfNs ?? Number.NaN;
  table(
    ['BPF a request', 'ns', 'ours is', 'runs', 'wake-ups', 'turns of the reader a second'],
    report.observers
      .filter(({ bpfNs }) => bpfNs !== null)
      .map(({ observer, bpfNs, bpfRuns, wakeUpsPerRequest, turnsPerSecond }) => [
        observer,
        bpfNs!.toFixed(0),
        (ours / bpfNs!).toFixed(3),
        bpfRuns!.toFixed(2),
        wakeUpsPerRequest!.toFixed(4),
        turnsPerSecond!.toFixed(0),
      ]),
  );
  table(
    ['every request accounted for', 'generated', 'delivered', 'drops', 'lost with the agent', 'on the page'],
    report.ledger.map((row) => [
      row.what,
      ...[row.generated, row.delivered, row.dropped, row.missed, row.shown].map(String),
    ]),
  );
  const { selfCost, loneMs, host, missed } = report;
  const shown = selfCost.shownNs === null ? 'nothing' : `${selfCost.shownNs.toFixed(0)} ns`;
  console.log(
    `self-cost: the page says ${shown} of BPF a request, the kernel's statistics ${selfCost.measuredNs.toFixed(0)} ns`,
  );
  const slowest = Math.max(...loneMs).toFixed(1);
  console.log(
    `a lone record in user space: median ${median(loneMs).toFixed(1)} ms, slowest ${slowest} ms of ${loneMs.length}`,
  );
  console.log(
    `host collector: ${host.bpfNs.toFixed(0)} ns of BPF in ${host.bpfRuns.toFixed(1)} runs a request;` +
      ` p50 ${words(host.p50)}, p99 ${words(host.p99)} against no host agent`,
  );
  console.log(missed.length === 0 ? '\nevery target is met' : `\n${missed.map((m) => `missed: ${m}`).join('\n')}`);
}

function claimed(row: ObserverRow, metric: keyof ObserverRow['againstNothing']): string {
  return row.observer === 'nothing' ? '1' : words(row.againstNothing[metric]);
}

function words(claim: Claim): string {
  return claim.resolvable ? range(claim) : `${range(claim)} n.r.`;
}

function table(head: readonly string[], body: readonly (readonly string[])[]): void {
  const rows = [head, ...body];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const row of rows) {
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '));
  }
  console.log('');
}
