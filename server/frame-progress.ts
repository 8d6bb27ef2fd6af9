/**
 * How far one agent's frames are on their way into the store: handed on, out
 * of the joiner, committed.
 */

/** Per stage: frames of the largest size with 4 M records, as many as may wait in the joiner many times over. */
export const MARKS_KEPT = 4096;

/** Frames up to `sequence` reach their next stage with `until`: a record's number, or a tick. */
interface Mark {
  sequence: number;
  until: number;
}

export class FrameProgress {
  /** By the number of the newest record. */
  #joining: Mark[] = [];
  /** By the tick in which the last one left the joiner. */
  #storing: Mark[] = [];

  /** Frame `sequence` was handed on, its records have numbers up to `taken`. */
  handedOn(sequence: number, taken: number): void {
    note(this.#joining, { sequence, until: taken });
  }

  /** Records with numbers up to `settled` have left the joiner by `tick`. */
  left(settled: number, tick: number): void {
    const sequence = takeUntil(this.#joining, settled);
    if (sequence !== null) note(this.#storing, { sequence, until: tick });
  }

  /** Everything that left the joiner by `tick` is committed. @returns the highest frame that became safe, or null */
  committed(tick: number): number | null {
    return takeUntil(this.#storing, tick);
  }
}

/** Where there is no room the newest mark takes the new one in: its frames are acknowledged together. */
function note(marks: Mark[], mark: Mark): void {
  if (marks.length === MARKS_KEPT) marks.pop();
  marks.push(mark);
}

function takeUntil(marks: Mark[], reached: number): number | null {
  let sequence: number | null = null;
  while (marks[0] !== undefined && marks[0].until <= reached) sequence = (marks.shift() as Mark).sequence;
  return sequence;
}
