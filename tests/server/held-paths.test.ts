import { describe, expect, it } from 'vitest';
import { HELD_MS, HELD_PATHS, HeldPaths } from '../../server/held-paths.ts';
import { type PathColumns, pathColumns } from '../../server/join/paths.ts';

/** Rows that are told apart by `atMs`. */
function rows(...atMs: number[]): PathColumns {
  const columns = pathColumns(atMs.length);
  columns.atMs.set(atMs);
  columns.count = atMs.length;
  return columns;
}

const shown = (columns: PathColumns) => [...columns.atMs.subarray(0, columns.count)];
const odd = (columns: PathColumns, row: number) => (columns.atMs[row] as number) % 2 === 1;

describe('HeldPaths', () => {
  it('takes out those that wait and leaves the others in their order', () => {
    const held = new HeldPaths();
    const columns = rows(1, 2, 4, 5, 6);
    held.hold(columns, odd, 0, 1);
    expect(shown(columns)).toEqual([2, 4, 6]);
    const out = pathColumns(10);
    held.release(out, odd, 10);
    expect(shown(out)).toEqual([]);
    held.release(out, (c, row) => c.atMs[row] === 5, 20);
    expect(shown(out)).toEqual([1]);
    held.release(out, () => false, 30);
    expect(shown(out)).toEqual([1, 5]);
  });

  it('lets none wait for longer than its time', () => {
    const held = new HeldPaths();
    held.hold(rows(1), odd, 0, 1);
    held.hold(rows(3), odd, HELD_MS / 2, 1);
    const out = pathColumns(10);
    held.release(out, odd, HELD_MS);
    expect(shown(out)).toEqual([1]);
    held.release(out, odd, 1.5 * HELD_MS);
    expect(shown(out)).toEqual([1, 3]);
  });

  it('says since which tick the oldest waits', () => {
    const held = new HeldPaths();
    expect(held.oldestTick).toBe(Number.POSITIVE_INFINITY);
    held.hold(rows(1), odd, 0, 7);
    held.hold(rows(3), odd, 100, 8);
    expect(held.oldestTick).toBe(7);
    held.release(pathColumns(10), (c, row) => c.atMs[row] !== 1, 200);
    expect(held.oldestTick).toBe(8);
    held.release(pathColumns(10), () => false, 200);
    expect(held.oldestTick).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps what there is no room for, for the next time', () => {
    const held = new HeldPaths();
    held.hold(rows(1, 3, 5), odd, 0, 1);
    const out = pathColumns(2);
    held.release(out, () => false, 1);
    expect(shown(out)).toEqual([1, 3]);
    out.count = 0;
    held.release(out, () => false, 2);
    expect(shown(out)).toEqual([5]);
  });

  it('holds a bounded number and counts those that go on without waiting', () => {
    const held = new HeldPaths();
    const columns = rows(...Array.from({ length: HELD_PATHS + 7 }, (_, i) => 2 * i + 1));
    held.hold(columns, odd, 0, 1);
    expect(columns.count).toBe(7);
    expect(held.crowded).toBe(7);
  });
});
