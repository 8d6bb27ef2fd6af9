/** What every summary of a real run must satisfy, whatever the NIC. */
import { expect } from 'vitest';
import { summarySchema } from '../../server/summary-schema.ts';
import { LAYER_IDS } from '../../server/wire/stations.ts';
import type { PathView, Summary } from '../../server/wire/views.ts';

export function parseSummary(stdout: string): Summary {
  return summarySchema.parse(JSON.parse(stdout)) as Summary;
}

/** Shares of the requests the generator got answers for: joined ≥ 99 %, complete ≥ 98 %. */
export function expectCompleteness({ exchanges, drops, layers }: Summary): void {
  const { answered, joined, complete } = exchanges;
  expect(answered).toBeGreaterThan(0);
  expect(joined).toBeGreaterThanOrEqual(0.99 * (answered as number));
  expect(complete).toBeGreaterThanOrEqual(0.98 * (answered as number));
  expect(Object.keys(drops).length).toBeGreaterThan(8);
  expect(layers.map(({ layer }) => layer)).toEqual(LAYER_IDS);
}

/** Law 3: what the generator got answers for is on the page, or is counted as lost or unmatched. */
export function expectNothingSilent({ exchanges, drops, unmatched, repeated, pending }: Summary): void {
  const lost = Object.values(drops).reduce((a, b) => a + b, 0);
  expect(exchanges.host + lost).toBeGreaterThanOrEqual(exchanges.answered as number);
  expect(exchanges.guest + lost).toBeGreaterThanOrEqual(exchanges.answered as number);
  for (const vantage of ['host', 'guest'] as const) {
    const others = unmatched[vantage] + repeated[vantage] + pending[vantage];
    expect(exchanges.joined + others).toBe(exchanges[vantage]);
  }
}

/** Law 1: the layers of a complete path add up to its end-to-end time, to the nanosecond. */
export function expectTelescoping(paths: readonly PathView[]): void {
  const complete = paths.filter((path) => path.complete);
  expect(complete.length).toBeGreaterThan(0);
  for (const path of complete) {
    const parts = path.layers
      .filter(({ layer, of }) => of === null && layer !== 'client')
      .map(({ ns }) => ns as number);
    expect(parts.every(Number.isInteger)).toBe(true);
    expect(parts.reduce((a, b) => a + b, 0)).toBe(path.endToEndNs);
  }
}
