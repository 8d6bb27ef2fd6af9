import type { Signal } from '@preact/signals';
import type { RunInfo, Summary } from '../../server/wire/views.ts';
import { duration, formatCount, formatDate, MISSING } from '../format.ts';
import { type Losses, type Pair, runFacts } from '../run-facts.ts';
import { chosenA, chosenB, heardMs, summaries } from '../runs-state.ts';
import { Num } from './num.tsx';
import { RunKey } from './run-key.tsx';
import { Scroll } from './scroll.tsx';
import './run-table.css';

const TEXT_COLUMNS = ['Losses', 'VMs', 'NIC', 'Approach', 'Accelerator', 'Kernel', 'Load'];

/** Every run with what it was made under, the newest first, and which two are to be compared. */
export function RunTable({ runs }: { runs: readonly RunInfo[] }) {
  return (
    <Scroll label="Table of runs">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col" class="pick">
              <RunKey of="a" />
            </th>
            <th scope="col" class="pick">
              <RunKey of="b" />
            </th>
            <th scope="col" class="text">
              Run
            </th>
            <th scope="col" class="text" aria-sort="descending">
              Started <span aria-hidden="true">▾</span>
            </th>
            <th scope="col">Length</th>
            <th scope="col">Requests</th>
            <th scope="col" title="end to end at the host NIC, requests only">
              p50
            </th>
            <th scope="col" title="end to end at the host NIC, requests only">
              p99
            </th>
            {TEXT_COLUMNS.map((name) => (
              <th scope="col" key={name} class="text">
                {name}
              </th>
            ))}
            <th scope="col">
              <span class="unseen">Export</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} summary={summaries.value.get(run.id)} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function RunRow({ run, summary }: { run: RunInfo; summary: Summary | undefined }) {
  const facts = runFacts(run, summary, heardMs.value);
  const [day, time] = formatDate(run.startedMs).split(' ');
  return (
    <tr data-run={run.id}>
      <Pick run={run} of="a" chosen={chosenA} />
      <Pick run={run} of="b" chosen={chosenB} />
      <th scope="row" title={`run ${run.id}`}>
        <a href={`/?run=${encodeURIComponent(run.id)}`} title="this run over time">
          {run.name}
        </a>
        {facts.isRecording && <span class="replayed-run">recording</span>}
        {facts.isOpen && !facts.isRecording && <span class="open-run">● now</span>}
      </th>
      <TwoLines of={[day!, time!]} />
      <td>{facts.length}</td>
      <td data-requests title={`${formatCount(run.exchanges)} exchanges of all classes`}>
        {formatCount(summary?.endToEnd.count)}
      </td>
      <td data-q="p50">
        <Num of={duration(summary?.endToEnd.p50)} />
      </td>
      <td data-q="p99">
        <Num of={duration(summary?.endToEnd.p99)} />
      </td>
      <td class="text" data-losses>
        <Lost losses={facts.losses} />
      </td>
      <td class="text">{run.vms.join(', ') || MISSING}</td>
      <TwoLines of={facts.nic} />
      <TwoLines of={facts.approach} />
      <td class="text">{facts.accelerator}</td>
      <td class="text">{facts.kernel}</td>
      <TwoLines of={facts.load} />
      <td>
        <a href={`/api/runs/${run.id}/export`} download title="all paths of this run as a Parquet file">
          Export<span class="unseen"> {run.name}</span>
        </a>
      </td>
    </tr>
  );
}

function TwoLines({ of: [first, second] }: { of: Pair }) {
  return (
    <td class="text">
      {first} <small class="below">{second}</small>
    </td>
  );
}

function Pick({ run, of, chosen }: { run: RunInfo; of: 'a' | 'b'; chosen: Signal<string> }) {
  return (
    <td class="pick">
      <input
        type="radio"
        name={of}
        value={run.id}
        aria-label={`${run.name} as ${of.toUpperCase()}`}
        checked={chosen.value === run.id}
        onChange={() => {
          chosen.value = run.id;
        }}
      />
    </td>
  );
}

function Lost({ losses: { records, text, where } }: { losses: Losses }) {
  if (records === 0) return <span class="quiet">{text}</span>;
  return (
    <span class="bad" title={where}>
      <span aria-hidden="true">▲</span> {text}
    </span>
  );
}
