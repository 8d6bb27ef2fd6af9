import type { Signal } from '@preact/signals';
import './segments.css';

interface SegmentsProps<T extends string | number> {
  legend: string;
  name: string;
  choices: readonly T[];
  chosen: Signal<T>;
  label?: (choice: T) => string;
  /** Why a choice is not there to be chosen; null where it is. */
  barred?: (choice: T) => string | null;
}

/** One choice out of a few, as a row of radio buttons: arrow keys work as everywhere. */
export function Segments<T extends string | number>({
  legend,
  name,
  choices,
  chosen,
  label = String,
  barred = () => null,
}: SegmentsProps<T>) {
  return (
    <fieldset class="segments control">
      <legend class="unseen">{legend}</legend>
      {choices.map((choice) => (
        <label key={choice} title={barred(choice) ?? undefined}>
          <input
            type="radio"
            name={name}
            checked={chosen.value === choice}
            disabled={barred(choice) !== null}
            onChange={() => {
              chosen.value = choice;
            }}
          />
          <span>{label(choice)}</span>
        </label>
      ))}
    </fieldset>
  );
}
