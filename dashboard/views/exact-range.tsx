import type { TargetedEvent } from 'preact';
import { formatDate } from '../format.ts';
import type { Range } from '../zoom.ts';
import './exact-range.css';

interface ExactRangeProps {
  /** What stands there at first. */
  range: Range;
  choose: (range: Range) => void;
}

/** As a field for date and time has it, in the viewer's zone. */
const fieldText = (second: number): string => formatDate(second * 1000).replace(' ', 'T');

/** What was wrong with it may be right now. */
function forget(event: TargetedEvent<HTMLFormElement>): void {
  for (const input of event.currentTarget.querySelectorAll('input')) input.setCustomValidity('');
}

/** A stretch of time to the second, by typing. */
export function ExactRange({ range: { fromS, toS }, choose }: ExactRangeProps) {
  const take = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const [from, to] = form.querySelectorAll('input');
    const [chosenFrom, chosenTo] = [from!, to!].map(({ value }) => new Date(value).getTime() / 1000);
    to!.setCustomValidity(chosenFrom! < chosenTo! ? '' : 'a time after the one above');
    if (!form.reportValidity()) return;
    choose({ fromS: chosenFrom!, toS: chosenTo! });
    form.closest('details')?.removeAttribute('open');
  };
  return (
    <details class="exactly">
      <summary class="control button">From – to</summary>
      <form class="more" onSubmit={take} onInput={forget}>
        <label>
          From <input class="control" type="datetime-local" name="from" step="1" required value={fieldText(fromS)} />
        </label>
        <label>
          To <input class="control" type="datetime-local" name="to" step="1" required value={fieldText(toS)} />
        </label>
        <button type="submit" class="control button first">
          Show
        </button>
      </form>
    </details>
  );
}
