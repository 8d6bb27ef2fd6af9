import { describe, expect, it } from 'vitest';
import { nextKey } from '../../dashboard/key-sequence.ts';

const ALL = [{ keys: 'p' }, { keys: 'g h' }, { keys: 'g p' }, { keys: '' }];

describe('a key', () => {
  it('runs its command at once where no longer sequence begins with it', () => {
    expect(nextKey('', 'p', ALL)).toEqual({ command: ALL[0], kept: '' });
  });

  it('is kept where a sequence begins with it, and the next one ends that', () => {
    expect(nextKey('', 'g', ALL)).toEqual({ command: null, kept: 'g' });
    expect(nextKey('g', 'h', ALL)).toEqual({ command: ALL[1], kept: '' });
    expect(nextKey('g', 'p', ALL)).toEqual({ command: ALL[2], kept: '' });
  });

  it('counts alone where the keys before it lead nowhere', () => {
    expect(nextKey('g', 'g', ALL)).toEqual({ command: null, kept: 'g' });
    expect(nextKey('x', 'p', ALL)).toEqual({ command: ALL[0], kept: '' });
  });

  it('runs nothing that has no keys', () => {
    expect(nextKey('', ' ', ALL)).toEqual({ command: null, kept: '' });
    expect(nextKey('', 'x', ALL)).toEqual({ command: null, kept: '' });
  });
});
