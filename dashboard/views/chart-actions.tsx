import { useState } from 'preact/hooks';
import { errorText } from '../ask.ts';
import { canvasPicture } from '../chart-picture.ts';
import type { Table } from '../chart-table.ts';
import { csv } from '../csv.ts';
import { download } from '../download.ts';
import { chartWords } from '../range-words.ts';
import { vm, vmName } from '../state.ts';
import { showTable } from './table-dialog.tsx';
import './chart-actions.css';

interface ChartActionsProps {
  /** Id of the chart's panel, and the name of its files. */
  of: string;
  title: string;
  /** Made when it is asked for. */
  table: () => Table;
}

/** The data of a chart, to be read and to be taken away. */
export function ChartActions({ of, title, table }: ChartActionsProps) {
  const [said, say] = useState('');
  const heading = () => [title, `VM: ${vmName(vm.value)}; ${chartWords()}`];
  const saveCsv = () => {
    const { head, rows } = table();
    download(`${of}.csv`, new Blob([csv([head, ...rows])], { type: 'text/csv' }));
    say('CSV made');
  };
  const savePng = () => {
    const canvas = document.querySelector<HTMLCanvasElement>(`#${of} canvas`)!;
    canvasPicture(canvas, heading()).then(
      (picture) => {
        download(`${of}.png`, picture);
        say('PNG made');
      },
      (error) => say(errorText(error)),
    );
  };
  const actions: [string, () => void][] = [
    ['Table', () => showTable(heading().join('; '), table())],
    ['CSV', saveCsv],
    ['PNG', savePng],
  ];
  return (
    <p class="chart-actions fine">
      <span role="status">{said}</span>
      {actions.map(([name, act]) => (
        <button key={name} type="button" class="control button" aria-label={`${name}: ${title}`} onClick={act}>
          {name}
        </button>
      ))}
    </p>
  );
}
