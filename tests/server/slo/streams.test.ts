import { describe, expect, it } from 'vitest';
import { checkStream } from './stream-check.ts';

describe('budgets, burn rates and alerts', () => {
  it('are to the last digit what a recount of the requests says, on random streams', () => {
    const checks = Array.from({ length: 300 }, (_, i) => checkStream(i + 1));
    expect(checks.flatMap(({ wrong }) => wrong)).toEqual([]);
    // Else nothing was tried.
    const sum = (of: 'requests' | 'restarts' | 'transitions') => checks.reduce((all, one) => all + one[of], 0);
    expect(sum('requests')).toBeGreaterThan(10_000);
    expect(sum('restarts')).toBeGreaterThan(100);
    expect(sum('transitions')).toBeGreaterThan(50);
  }, 60_000);
});
