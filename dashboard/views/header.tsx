import type { TargetedEvent } from 'preact';
import { formatAge } from '../format.ts';
import { windowText } from '../range-words.ts';
import { QUANTILES } from '../series.ts';
import { chosenVm, live, paused, quantile, togglePause, vm, vmChoices, vmName, vms } from '../state.ts';
import { WINDOWS_MIN, windowMinutes } from '../view-range.ts';
import { ConnectionPill } from './connection-pill.tsx';
import { Segments } from './segments.tsx';
import { SiteHeader } from './site-header.tsx';
import './header.css';

/** Of the live page: its run, its sections, its controls. */
export function Header() {
  return (
    <SiteHeader at="/">
      <RunName />
      <nav class="sections" aria-label="Sections">
        <a href="#path">Path</a>
        <a href="#latency">Over time</a>
        <a href="#layers">Layers</a>
        <a href="#requests">Requests</a>
        <a href="#clock">Clock</a>
      </nav>
      <div class="controls">
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

function RunName() {
  const run = live.value?.run;
  if (run === undefined) return null;
  const age = formatAge((run.endedMs ?? live.value!.nowMs) - run.startedMs);
  return (
    <span class="run" title={`run ${run.id}, started ${new Date(run.startedMs).toLocaleString()}`}>
      {run.name} · {age}
      {run.endedMs !== null && ' · ended'}
    </span>
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
