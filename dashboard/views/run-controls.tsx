import type { TargetedEvent } from 'preact';
import { CURRENT, chooseRun, runId, runs, vmName, vms } from '../run-choice.ts';
import './run-controls.css';

/** Which run and which VM the page is about. */
export function RunControls() {
  return (
    <>
      <Choice label="Run" value={runId.value} choices={runChoices(runId.value, 'current run')} choose={chooseRun} />
      <Choice
        label="VM"
        value={vmName.value}
        choices={[['', 'all VMs'], ...named(vms.value, vmName.value)]}
        choose={(name) => {
          vmName.value = name;
        }}
      />
    </>
  );
}

type Choices = (readonly [value: string, text: string])[];

/** One that the address names stands there, too, whether it is known or not. */
function named(known: readonly string[], chosen: string): Choices {
  const all = chosen === '' || known.includes(chosen) ? known : [...known, chosen];
  return all.map((name) => [name, name]);
}

/** @param current what the one that lasts is called */
export function runChoices(chosen: string, current: string): Choices {
  const list: Choices = (runs.value.value ?? []).map(({ id, name }) => [id, `${name} · ${id}`]);
  const isListed = chosen === CURRENT || list.some(([id]) => id === chosen);
  return [[CURRENT, current], ...list, ...(isListed ? [] : ([[chosen, chosen]] as Choices))];
}

interface ChoiceProps {
  label: string;
  value: string;
  choices: Choices;
  choose: (value: string) => void;
}

/** One of many, with its label before it. */
export function Choice({ label, value, choices, choose }: ChoiceProps) {
  const onChange = (event: TargetedEvent<HTMLSelectElement>) => choose(event.currentTarget.value);
  return (
    <label class="choice">
      <span>{label}</span>
      <select class="control" value={value} onChange={onChange}>
        {choices.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
