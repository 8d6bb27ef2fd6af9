import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Table } from '../chart-table.ts';
import { formatCount } from '../format.ts';
import { Scroll } from './scroll.tsx';
import './table-dialog.css';

const shown = signal<{ title: string; table: Table } | null>(null);
/** More are a file's. */
const MOST_ROWS = 1_500;

/** As it is now: it does not move on while it is read. */
export function showTable(title: string, table: Table): void {
  shown.value = { title, table };
}

/** The data of one chart. */
export function TableDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const now = shown.value;
  useEffect(() => {
    if (now !== null) dialog.current?.showModal();
  }, [now]);
  return (
    <dialog ref={dialog} class="table-dialog" aria-labelledby="table-title" onClose={close}>
      {now !== null && (
        <>
          <h2 id="table-title">
            {now.title}
            <button type="button" class="control button" onClick={() => dialog.current?.close()}>
              Close
            </button>
          </h2>
          <Rows table={now.table} />
        </>
      )}
    </dialog>
  );
}

function close(): void {
  shown.value = null;
}

function Rows({ table: { head, rows } }: { table: Table }) {
  if (rows.length === 0) return <p>Nothing was measured.</p>;
  return (
    <>
      <Scroll label="Data of the chart">
        <table>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(-MOST_ROWS).map((row) => (
              <tr key={row.slice(0, 3).join()}>
                {row.map((value, i) => (
                  <td key={head[i]} class={i === 0 ? 'text' : ''}>
                    {typeof value === 'number' ? written(value) : (value ?? '–')}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > MOST_ROWS && (
        <p class="fine">
          The newest {formatCount(MOST_ROWS)} of {formatCount(rows.length)} rows; the CSV has all.
        </p>
      )}
    </>
  );
}

/** Whole numbers as they are; shares and rates to three digits. */
function written(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)));
}
