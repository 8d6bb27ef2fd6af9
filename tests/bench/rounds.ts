import { parseArgs } from 'node:util';

/** One way of doing the same work; `run` does all of it and returns how many operations that was. */
export interface Contender {
  name: string;
  run: () => number;
}

export interface Measured {
  name: string;
  /** Median over the rounds. */
  perSecond: number;
  ns: number;
  /** This one's rate over the first contender's. */
  ratio: number;
}

/** Contenders take turns, so that a slow moment of the machine meets all of them; the first round only warms up. */
export function measure(contenders: readonly Contender[], rounds: number): Measured[] {
  const rates = contenders.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const start = process.hrtime.bigint();
      const operations = contender.run();
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      if (round > 0) rates[i]!.push(operations / seconds);
    }
  }
  const medians = rates.map((r) => r.sort((a, b) => a - b)[r.length >> 1]!);
  return contenders.map(({ name }, i) => ({
    name,
    perSecond: Math.round(medians[i]!),
    ns: Math.round(1e10 / medians[i]!) / 10,
    ratio: Math.round((medians[i]! / medians[0]!) * 1000) / 1000,
  }));
}

/** Print a table, or one JSON object with --json. */
export function report(benchmark: string, unit: string, measured: readonly Measured[]): void {
  if (parseArgs({ options: { json: { type: 'boolean' } } }).values.json) {
    console.log(JSON.stringify({ benchmark, unit, node: process.version, measured }));
    return;
  }
  const width = Math.max(...measured.map((m) => m.name.length));
  console.log(`${benchmark}, one core, Node ${process.version}`);
  console.log(
    `${''.padEnd(width)}  ${`${unit}/s`.padStart(14)}  ${`ns/${unit.replace(/s$/, '')}`.padStart(10)}  ratio`,
  );
  for (const m of measured) {
    const rate = m.perSecond.toLocaleString('en').padStart(14);
    console.log(`${m.name.padEnd(width)}  ${rate}  ${m.ns.toFixed(1).padStart(10)}  ${m.ratio.toFixed(3)}`);
  }
}
