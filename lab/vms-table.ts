/** A run as text: of one guest layer by layer, of several side by side. */

import type { VmSummary } from '../server/wire/machine-views.ts';
import type { LoadSummary, Summary } from '../server/wire/views.ts';
import { columnsTable } from './columns.ts';
import { countsText, formatNs, loadText, summaryTable } from './table.ts';

/** The layers, then what was lost, then what the generators measured where they are done. */
export function runTable(summary: Summary): string[] {
  const vms = Object.entries(summary.byVm).sort(([a], [b]) => (a < b ? -1 : 1));
  if (vms.length < 2) return [...summaryTable(summary), ...(summary.load === null ? [] : [loadText(summary.load)])];
  return [...vmsTable(new Map(vms)).map((line) => `  ${line}`), countsText(summary)];
}

/** What came of each guest: its layers, its share of the CPU, its load. */
export function vmsTable(vms: ReadonlyMap<string, VmSummary>): string[] {
  const all = [...vms.values()];
  const row = (name: string, of: (vm: VmSummary) => string) => [name, ...all.map(of)];
  const loads = all.some(({ load }) => load !== null)
    ? [
        row('load p50 / p99', ({ load }) => `${formatNs(load?.p50 ?? null)} / ${formatNs(load?.p99 ?? null)}`),
        row('sent, errors', ({ load }) => (load === null ? '–' : sentText(load))),
        row('late p99', ({ load }) => formatNs(load?.lateness.p99 ?? null)),
      ]
    : [];
  return columnsTable(vms, [
    row('NIC', ({ provenance }) => provenance.guest?.nicModel || '–'),
    row('± of vnic', ({ layers }) => formatNs(layers.find(({ layer }) => layer === 'vnic.in')?.bound ?? null)),
    row('vCPUs ran', ({ cpu }) => percent(cpu.vcpuTime)),
    row('vCPUs waited', ({ cpu }) => percent(cpu.vcpuDelay)),
    row('steal', ({ cpu }) => percent(cpu.steal)),
    ...loads,
  ]);
}

function sentText({ sent, errors }: LoadSummary): string {
  return `${sent}, ${errors}`;
}

/** Of one CPU. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}
