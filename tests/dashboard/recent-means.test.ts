import { describe, expect, it } from 'vitest';
import { RecentMeans } from '../../dashboard/recent-means.ts';

const told = (value: number | null) => new Map([['vm0 ran', value]]);

describe('means of the last readings', () => {
  it('take one reading a second, and forget the oldest', () => {
    const means = new RecentMeans(3);
    expect(means.mean('vm0 ran')).toBeNull();
    means.push(1, told(0.3));
    means.push(1, told(9));
    means.push(2, told(0.6));
    expect(means.mean('vm0 ran')).toBeCloseTo(0.45);
    means.push(3, told(0.9));
    means.push(4, told(1.2));
    expect(means.mean('vm0 ran')).toBeCloseTo(0.9);
  });

  it('are unknown as soon as nothing is told, and of what is gone', () => {
    const means = new RecentMeans(3);
    means.push(1, told(0.3));
    means.push(2, told(null));
    expect(means.mean('vm0 ran')).toBeNull();
    means.push(3, told(0.3));
    means.push(4, new Map());
    expect(means.mean('vm0 ran')).toBeNull();
  });
});
