import { describe, expect, it } from 'vitest';
import { LiveDelay } from '../../server/live-delay.ts';

describe('LiveDelay', () => {
  it('knows nothing before something was shown', () => {
    const delay = new LiveDelay();
    delay.add(100);
    expect(delay.p99(0)).toBeNull();
  });

  it('measures from the end of each path to the tick that shows it', () => {
    const delay = new LiveDelay();
    for (let i = 1; i <= 100; i++) delay.add(1_000 - i);
    delay.shown(1_000);
    expect(delay.p99(0)).toBe(99);
  });

  it('leaves out what was not measured and what is too old', () => {
    const delay = new LiveDelay();
    delay.add(0);
    delay.shown(500);
    delay.add(Number.NaN);
    delay.add(990);
    delay.shown(1_000);
    expect(delay.p99(501)).toBe(10);
    expect(delay.p99(1_001)).toBeNull();
  });

  it('stays bounded under any number of paths', () => {
    const delay = new LiveDelay();
    for (let tick = 1; tick <= 20; tick++) {
      for (let i = 0; i < 10_000; i++) delay.add(tick - 1);
      delay.shown(tick);
    }
    expect(delay.p99(0)).toBe(1);
  });
});
