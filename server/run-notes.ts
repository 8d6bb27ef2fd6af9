/** What is written down about a run: by people, by experiments, by the server itself. Bounded. */
import type { Run } from './run.ts';
import type { RunNote } from './wire/views.ts';

export const MAX_NOTES = 100;

/**
 * Written again, with its end for example, a program's note replaces itself.
 * @returns false where the run has as many as it may
 */
export function noteDown({ notes }: Pick<Run, 'notes'>, note: RunNote): boolean {
  const isSame = (other: RunNote) =>
    note.kind !== undefined && other.kind === note.kind && other.atMs === note.atMs && other.text === note.text;
  const at = notes.findIndex(isSame);
  if (at >= 0) notes[at] = note;
  else if (notes.length < MAX_NOTES) notes.push(note);
  else return false;
  return true;
}
