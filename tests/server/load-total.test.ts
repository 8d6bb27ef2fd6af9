import { describe, expect, it } from 'vitest';
import { loadTotal } from '../../server/load-total.ts';
import type { LoadSummary } from '../../server/wire/views.ts';

const LOAD: LoadSummary = {
  ...{ rate: 100, durationS: 2, connections: 8, path: '/', sent: 200, answered: 199, errors: 1 },
  ...{ p50: 1e6, p90: 2e6, p99: 3e6, p999: null },
  ...{ fromSend: { p50: 1e6, p99: 2e6 }, lateness: { p50: 1, p99: 2, max: 3 } },
};

describe('the loads of several VMs together', () => {
  it('are that of the one where there is one', () => {
    expect(loadTotal([LOAD])).toEqual(LOAD);
  });

  it('add up in what adds up, and claim no quantile', () => {
    const other = { ...LOAD, durationS: 3, path: '/big', lateness: { p50: 1, p99: 2, max: null } };
    expect(loadTotal([LOAD, other])).toEqual({
      ...{ rate: 200, durationS: 3, connections: 16, path: '/ /big', sent: 400, answered: 398, errors: 2 },
      ...{ p50: null, p90: null, p99: null, p999: null },
      ...{ fromSend: { p50: null, p99: null }, lateness: { p50: null, p99: null, max: 3 } },
    });
  });
});
