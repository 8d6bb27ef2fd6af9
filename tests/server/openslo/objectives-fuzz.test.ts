import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readObjectives, writeObjectives } from '../../../server/openslo/objectives-text.ts';

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../../examples/objectives.yaml'), 'utf8');
const WORDS = [
  'null',
  '[]',
  '{}',
  '~',
  '-1',
  '1e400',
  '.nan',
  '"',
  '&a',
  '*a',
  '!!int x',
  '|',
  '?',
  '\t',
  '...',
  '---',
  ': ',
  '{',
  '0x',
  'é',
];

/** Somewhere in the text, so much is taken away and something else stands there. */
const edit = fc.record({
  at: fc.nat(EXAMPLE.length),
  length: fc.nat(30),
  word: fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 8 })),
});

function edited(edits: readonly { at: number; length: number; word: string }[]): string {
  return edits.reduce((text, { at, length, word }) => text.slice(0, at) + word + text.slice(at + length), EXAMPLE);
}

describe('an objectives file that somebody got wrong', () => {
  it('is either read as a whole or refused, each fault in a line of the file, and never ends the server', () => {
    let [read, refused] = [0, 0];
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const text = edited(edits);
        const result = readObjectives(text);
        if (result.ok) {
          read++;
          const again = readObjectives(writeObjectives(result.file.documents));
          expect(again.ok && again.file.documents).toEqual(result.file.documents);
          return;
        }
        refused++;
        expect(result.faults.length).toBeGreaterThan(0);
        for (const { line, column, message } of result.faults) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(text.split('\n').length + 1);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 300, seed: 6 },
    );
    expect(Math.min(read, refused)).toBeGreaterThan(10);
  }, 120_000);
});
