import { describe, expect, it } from 'vitest';
import { readObjectives } from '../../../server/openslo/objectives-text.ts';
import { compositeParts, compositeSentence } from '../../../server/slo/composite.ts';

const part = (objective: string, weight: number, bad: number, total = 1_000, budget = 0.01) => ({
  ...{ objective, weight, total, bad, budget },
});

describe('a composite SLO', () => {
  it('is carried by the part that burns most for its weight, in shares that add up', () => {
    const composite = { slo: 'shop', parts: [part('shop.1', 1, 30), part('shop.2', 3, 20), part('shop.3', 1, 0)] };
    expect(compositeParts(composite)).toEqual([
      { objective: 'shop.2', weight: 3, burn: 2, permille: 667 },
      { objective: 'shop.1', weight: 1, burn: 3, permille: 333 },
      { objective: 'shop.3', weight: 1, burn: 0, permille: 0 },
    ]);
    expect(compositeSentence(composite)).toBe('Of shop, shop.2 carries 66.7 % of what burns.');
  });

  it('says so where nothing burns, and where a part had no requests', () => {
    const composite = { slo: 'shop', parts: [part('shop.1', 1, 0), part('shop.2', 1, 0, 0)] };
    expect(compositeParts(composite).map(({ burn, permille }) => [burn, permille])).toEqual([
      [0, null],
      [null, null],
    ]);
    expect(compositeSentence(composite)).toBe('Nothing of shop burns in that time.');
  });

  it('is one whose objectives have indicators or weights of their own; several limits of one indicator are none', () => {
    const source = (time: string) => `{metricSource: {type: Hopscope, spec: {time: ${time}, unit: ms}}}`;
    const slo = (objectives: string, more = '') => `apiVersion: openslo/v1
kind: SLO
metadata: {name: shop}
spec:
  service: web
  budgetingMethod: Occurrences
  timeWindow: [{duration: 28d, isRolling: true}]
${more}  objectives:
${objectives}`;
    const own = (time: string, weight: string) =>
      `    - {op: lte, value: 5, target: 0.99, ${weight} indicator: {metadata: {name: ${time}}, spec: {thresholdMetric: ${source(time)}}}}\n`;
    const weights = (text: string) => {
      const read = readObjectives(text);
      if (!read.ok) throw new Error(JSON.stringify(read.faults));
      return read.file.objectives.map(({ id, weight }) => [id, weight]);
    };
    const two = own('platform', 'compositeWeight: 3,') + own('tenant', '');
    expect(weights(slo(two))).toEqual([
      ['shop.1', 3],
      ['shop.2', 1],
    ]);
    const shared = `  indicator: {metadata: {name: all}, spec: {thresholdMetric: ${source('end-to-end')}}}\n`;
    const limits = '    - {op: lte, value: 5, target: 0.9}\n    - {op: lte, value: 50, target: 0.99}\n';
    expect(weights(slo(limits, shared))).toEqual([
      ['shop.1', undefined],
      ['shop.2', undefined],
    ]);
  });
});
