import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathColumns } from '../../../server/join/paths.ts';
import { addRows, retainRows, type StoredRows, sharedRows, storedRows } from '../../../server/store/stored-rows.ts';

/** Rows numbered from 0, each run as long as it says; every row measures its own number. */
function rowsOf(to: StoredRows, runs: readonly number[]): StoredRows {
  let number = 0;
  runs.forEach((length, run) => {
    const columns = pathColumns(length);
    for (let row = 0; row < length; row++) columns.endToEnd[row] = number + row;
    addRows(to, `run ${run}`, number, columns, 0, length);
    number += length;
  });
  return to;
}

function listed({ columns, numbers, runOf, runs }: StoredRows): string[] {
  return Array.from(
    { length: columns.count },
    (_, row) => `${numbers[row]} ${columns.endToEnd[row]} ${runs[runOf[row]!]}`,
  );
}

describe('rows on their way into the database', () => {
  it('stay as they are, in their order, where they are kept', () => {
    const runs = fc.array(fc.nat(20), { maxLength: 4 });
    fc.assert(
      fc.property(runs, fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }), (lengths, kept) => {
        const all = rowsOf(storedRows(80), lengths);
        const wanted = listed(all).filter((_, row) => kept[row]);
        retainRows(all, (row) => kept[row]!);
        expect(listed(all)).toEqual(wanted);
      }),
    );
  });

  it('are seen by another thread as they are, without a copy', () => {
    const { port1, port2 } = new MessageChannel();
    const ours = rowsOf(sharedRows(8), [3, 2]);
    port1.postMessage(ours);
    const theirs = receiveMessageOnPort(port2)!.message as StoredRows;
    expect(listed(theirs)).toEqual(listed(ours));
    ours.columns.endToEnd[4] = 17;
    expect(theirs.columns.endToEnd[4]).toBe(17);
    port1.close();
  });
});
