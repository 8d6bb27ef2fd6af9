import { describe, expect, it } from 'vitest';
import { FrameProgress, MARKS_KEPT } from '../../server/frame-progress.ts';

describe('FrameProgress', () => {
  it('takes a frame through the joiner and the store, in order', () => {
    const progress = new FrameProgress();
    progress.handedOn(1, 10);
    progress.handedOn(2, 15);
    progress.left(9, 1);
    expect(progress.committed(1)).toBeNull();
    progress.left(10, 2);
    progress.left(15, 3);
    expect(progress.committed(2)).toBe(1);
    expect(progress.committed(2)).toBeNull();
    expect(progress.committed(9)).toBe(2);
  });

  it('is bounded, and then acknowledges later rather than too early', () => {
    const progress = new FrameProgress();
    for (let i = 1; i <= MARKS_KEPT + 5; i++) progress.handedOn(i, i);
    progress.left(MARKS_KEPT + 4, 1);
    expect(progress.committed(1)).toBe(MARKS_KEPT - 1);
    progress.left(MARKS_KEPT + 5, 2);
    expect(progress.committed(2)).toBe(MARKS_KEPT + 5);
  });
});
