import type { Signal } from '@preact/signals';
import { formatTime } from '../format.ts';
import { requestName } from '../labels.ts';
import { askPath, path, request, single, USUAL, walked } from '../path-state.ts';
import { heardMs, runId, summary, triedMs } from '../run-choice.ts';
import { Asking, Failed, Stale } from './answer-states.tsx';
import { Duration } from './num.tsx';
import { RunControls } from './run-controls.tsx';
import { Segments } from './segments.tsx';
import { SiteHeader } from './site-header.tsx';
import { WalkMap } from './walk-map.tsx';
import { WalkStep } from './walk-step.tsx';
import { WalkStrip } from './walk-strip.tsx';
import './walk-page.css';

/** A real request on its way through the five places, one step after the other. */
export function WalkPage() {
  const { value, error } = path.value;
  return (
    <>
      <SiteHeader at="/path">
        <div class="controls">
          <RunControls />
          <Segments
            legend="Which request"
            name="request"
            choices={single.value === '' ? USUAL : [...USUAL, single.value]}
            chosen={request as Signal<string>}
            label={(name) => NAMES[name] ?? 'chosen one'}
          />
        </div>
      </SiteHeader>
      <Stale error={value === null ? null : summary.value.error} heardMs={heardMs.value} nowMs={triedMs.value} />
      <main class="walk">
        {value === null && error === null && <Asking what="a request to walk" />}
        {value === null && error !== null && <Failed what="the request" message={error} retry={() => void askPath()} />}
        {value === 'none yet' && <NoneYet />}
        {walked.value !== null && <Walk />}
      </main>
    </>
  );
}

const NAMES: Record<string, string> = { p50: 'the median', p99: 'the p99' };

function Walk() {
  const one = walked.value!;
  return (
    <>
      <section class="panel" id="map" aria-labelledby="map-title">
        <h2 id="map-title">
          {title()}
          <small>
            {requestName(one)}, {formatTime(one.atMs, true)}, VM {one.vm}
          </small>
          <span class="headline">
            <span class="quiet">end to end</span> <Duration ns={one.endToEndNs} />
          </span>
          <a class="control button" href={`/requests?${new URLSearchParams({ run: runId.value, id: one.id })}`}>
            Its waterfall
          </a>
          {request.value !== single.value && summary.value.value?.run.endedMs === null && (
            <button
              type="button"
              class="control button"
              title="the run goes on: what is nearest to its quantile now"
              onClick={() => void askPath()}
            >
              Take another
            </button>
          )}
        </h2>
        <WalkMap />
        <WalkStrip />
      </section>
      <WalkStep />
    </>
  );
}

function title(): string {
  if (request.value === 'p50') return 'A request as most are: nearest to the median';
  return request.value === 'p99' ? 'A slow one: nearest to the p99' : 'The request that was chosen';
}

function NoneYet() {
  return (
    <section class="empty" aria-labelledby="none-title">
      <h2 id="none-title">No request to walk yet</h2>
      <p>
        The walk begins as soon as a request has crossed the VM in this run. <a href="/">The live page</a> says what is
        missing. No VM at hand? This plays a recording: <code>hopscope replay recordings/virtio-net-pci.parquet</code>
      </p>
    </section>
  );
}
