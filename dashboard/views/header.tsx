import type { TargetedEvent } from 'preact';
import { windowText } from '../range-words.ts';
import { QUANTILES } from '../series.ts';
import { chosenVm, paused, quantile, togglePause, vm, vmChoices, vmName, vms } from '../state.ts';
import { WINDOWS_MIN, windowMinutes } from '../view-range.ts';
import { ConnectionPill } from './connection-pill.tsx';
import { RunSelect } from './run-select.tsx';
import { Segments } from './segments.tsx';
import { SiteHeader } from './site-header.tsx';
import './header.css';

/** Of the live page: what is looked at, and how. */
export function Header() {
  return (
    <SiteHeader at="/">
      <div class="controls">
        <RunSelect />
        <VmSelect />
        <Segments legend="Quantile" name="q" choices={QUANTILES} chosen={quantile} />
        <Segments legend="Time window" name="min" choices={WINDOWS_MIN} chosen={windowMinutes} label={windowText} />
        <button type="button" class="control pause" aria-pressed={paused.value} onClick={togglePause}>
          {paused.value ? '▶ Resume' : '❚❚ Pause'}
        </button>
        <ConnectionPill />
      </div>
    </SiteHeader>
  );
}

function VmSelect() {
  const choose = (event: TargetedEvent<HTMLSelectElement>) => {
    chosenVm.value = event.currentTarget.value;
  };
  return (
    <label class="vm">
      <span>VM</span>
      <select class="control" value={vm.value} onChange={choose} disabled={vms.value.length === 0}>
        {vms.value.length === 0 && <option value="">none yet</option>}
        {vmChoices.value.map((name) => (
          <option key={name} value={name}>
            {vmName(name)}
          </option>
        ))}
      </select>
    </label>
  );
}
