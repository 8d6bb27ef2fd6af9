/** A run's numbers as text, for a terminal or a pipe. */
import type { LayerSummary, LoadSummary, Quantiles, Summary } from '../server/wire/views.ts';

const PLACES: Record<string, string> = {
  client: 'client',
  'nic.in': 'host',
  'switch.in': 'hypervisor',
  'vnic.in': 'hypervisor',
  'tcp.in': 'guest',
  wait: 'guest',
  service: 'service',
  'tcp.out': 'guest',
  'vnic.out': 'hypervisor',
  'switch.out': 'hypervisor',
  'nic.out': 'host',
  transfer: 'host',
};

/** `412 ns`, `61.3 µs`, `1.53 ms`, `2.10 s`; a dash where nothing was measured. */
export function formatNs(ns: number | null): string {
  if (ns === null) return '–';
  const size = Math.abs(ns);
  if (size < 1e3) return `${Math.round(ns)} ns`;
  if (size < 1e6) return `${significant(ns / 1e3)} µs`;
  return size < 1e9 ? `${significant(ns / 1e6)} ms` : `${significant(ns / 1e9)} s`;
}

function significant(value: number): string {
  return value.toPrecision(3).includes('e') ? String(Math.round(value)) : value.toPrecision(3);
}

/** One line per layer with its measured parts below it, then the whole, then what was lost. */
export function summaryTable(summary: Summary): string[] {
  const row = (name: string, place: string, values: Quantiles, bound: number | null) =>
    [
      `  ${name.padEnd(12)}${place.padEnd(11)}`,
      ...[values.p50, values.p90, values.p99].map((value) => formatNs(value).padStart(9)),
      String(values.count).padStart(9),
      bound ? `  ± ${formatNs(bound)}` : '',
    ].join('');
  const { layers, endToEnd, vnicRoundTrip } = summary;
  return [
    `  ${'layer'.padEnd(12)}${'place'.padEnd(11)}${'p50'.padStart(9)}${'p90'.padStart(9)}${'p99'.padStart(9)}${'count'.padStart(9)}`,
    ...layers
      .filter(({ layer }) => layer in PLACES)
      .flatMap((layer) => [
        row(layer.layer, PLACES[layer.layer] as string, layer, layer.bound),
        ...partsOf(layer.layer, layers).map((part) => row(`  .${part.layer.split('.').at(-1)}`, '', part, null)),
      ]),
    row('vnic both', 'no clock', vnicRoundTrip, null),
    row('end to end', 'host NIC', endToEnd, null),
    countsText(summary),
  ];
}

/** Of the run as a whole. */
export function countsText(summary: Summary): string {
  const { joined, complete, host, guest } = summary.exchanges;
  return `  joined ${joined}, complete ${complete}, from host ${host}, from guest ${guest}${lossText(summary)}`;
}

/** `tcp.in.ip` and `tcp.in.tcp` of `tcp.in`, where they were measured. */
function partsOf(whole: string, layers: readonly LayerSummary[]): LayerSummary[] {
  return layers.filter(({ layer, count }) => count > 0 && !(layer in PLACES) && layer.startsWith(`${whole}.`));
}

function lossText({ drops, unmatched, faults, gaps }: Summary): string {
  const lost = Object.entries(drops).filter(([, count]) => count > 0);
  const parts = [
    ...lost.map(([name, count]) => `${name} ${count}`),
    ...(unmatched.host ? [`unmatched host ${unmatched.host}`] : []),
    ...(unmatched.guest ? [`unmatched guest ${unmatched.guest}`] : []),
    ...(faults.negative ? [`negative ${faults.negative}`] : []),
    ...(gaps.length ? [`gaps ${gaps.length}`] : []),
  ];
  return parts.length ? `; ${parts.join(', ')}` : '; nothing lost';
}

export function loadText(load: LoadSummary): string {
  return (
    `  load: sent ${load.sent}, answered ${load.answered}, errors ${load.errors}; from the intended time ` +
    `p50 ${formatNs(load.p50)}, p99 ${formatNs(load.p99)}; generator late p99 ${formatNs(load.lateness.p99)}`
  );
}

/** Redraws its lines in place on a terminal; in a pipe it says one line now and then. */
export class LiveTable {
  readonly #out: NodeJS.WriteStream;
  #drawn = 0;
  #calls = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  draw(lines: string[], sparse: string): void {
    this.#calls++;
    if (!this.#out.isTTY) {
      if (this.#calls % 5 === 1) this.#out.write(`${sparse}\n`);
      return;
    }
    const width = this.#out.columns || 80;
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[J` : '';
    this.#out.write(`${up}${lines.map((line) => line.slice(0, width - 1)).join('\n')}\n`);
    this.#drawn = lines.length;
  }

  /** What is said next goes below the table, which stays. */
  release(): void {
    this.#drawn = 0;
  }
}
