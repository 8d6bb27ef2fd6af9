/** The table `paths`: the columns of a path, its number and run before them, and what the slowest are found by. */
import { PATH_FIELDS } from './path-fields.ts';
import { DERIVED_FIELDS, type Field } from './path-table.ts';
import { type StoredRows, storedRows } from './stored-rows.ts';

const END_TO_END = DERIVED_FIELDS.find(({ name }) => name === 'end_to_end_ns') as Field;

/** The columns of the table `paths` for a batch. */
export function fieldsOf({ numbers, runOf, runs }: Pick<StoredRows, 'numbers' | 'runOf' | 'runs'>): Field[] {
  return [
    { name: 'number', type: 'BIGINT', read: (_, row) => numbers[row]! },
    { name: 'run', type: 'VARCHAR', read: (_, row) => runs[runOf[row]!]! },
    ...PATH_FIELDS,
    END_TO_END,
  ];
}

export const STORED_FIELDS: readonly Field[] = fieldsOf(storedRows(0));
