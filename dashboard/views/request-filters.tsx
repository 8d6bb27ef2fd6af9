import type { TargetedEvent } from 'preact';
import { LAYERS, type SumLayer } from '../../server/wire/stations.ts';
import { formatDuration, parseDuration } from '../format.ts';
import { clearFilters, isFiltered, layer, overNs, STATUSES, status, text } from '../requests-state.ts';
import { RequestRange } from './request-range.tsx';
import { Choice } from './run-controls.tsx';
import './request-filters.css';

/** What narrows the list: what was asked, how it was answered, and where it took long. */
export function RequestFilters() {
  return (
    <search class="filters" aria-label="Filters">
      <label class="choice">
        <span>Path</span>
        <input
          class="control"
          type="search"
          placeholder="part of GET /path"
          value={text.value}
          onChange={(event: TargetedEvent<HTMLInputElement>) => {
            text.value = event.currentTarget.value.trim();
          }}
        />
      </label>
      <Choice
        label="Status"
        value={status.value}
        choices={statusChoices()}
        choose={(value) => {
          status.value = value;
        }}
      />
      <Choice
        label="Layer"
        value={layer.value}
        choices={[['', 'end to end'], ...LAYERS.map((l) => [l.layer, l.layer] as const)]}
        choose={(value) => {
          layer.value = value as SumLayer | '';
        }}
      />
      <Over />
      <RequestRange />
      {isFiltered.value && (
        <button type="button" class="control button" onClick={clearFilters}>
          Clear
        </button>
      )}
    </search>
  );
}

function statusChoices(): (readonly [string, string])[] {
  const known = STATUSES.map((name) => [name, name === '0' ? 'none read' : name] as const);
  const isKnown = status.value === '' || STATUSES.some((name) => name === status.value);
  return [['', 'any'], ...known, ...(isKnown ? [] : [[status.value, status.value] as const])];
}

/** What is no duration says so, and changes nothing. */
function Over() {
  const take = (event: TargetedEvent<HTMLInputElement>) => {
    const { currentTarget: input } = event;
    const ns = parseDuration(input.value);
    const isEmpty = input.value.trim() === '';
    input.setCustomValidity(isEmpty || ns !== null ? '' : 'a duration such as 500 µs or 1.2 ms');
    if (input.reportValidity()) overNs.value = isEmpty ? null : ns;
  };
  return (
    <label class="choice">
      <span>over</span>
      <input
        class="control over"
        type="text"
        inputMode="text"
        placeholder="500 µs"
        title="at least so long, such as 500 µs or 1.2 ms; a number alone is µs"
        value={overNs.value === null ? '' : formatDuration(overNs.value).replace('\u00a0', ' ')}
        onChange={take}
      />
    </label>
  );
}
