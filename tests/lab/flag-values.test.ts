import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../lab/flag-values.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 0.5],
    ['20s', 20],
    ['1.5m', 90],
    ['1h', 3600],
    ['7', 7],
  ])('reads %s as %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});
