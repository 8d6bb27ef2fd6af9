import { useEffect, useRef, useState } from 'preact/hooks';
import type { PathView } from '../../server/wire/views.ts';
import { errorText } from '../ask.ts';
import { chromeTrace } from '../chrome-trace.ts';
import { download } from '../download.ts';
import { liveAddress } from '../episode-links.ts';
import { formatDate, formatTime } from '../format.ts';
import { CLASS_WORDS, labelsOf, requestName } from '../labels.ts';
import { agentsOf } from '../layer-facts.ts';
import { tcpdumpFilter, traceAddress, waterfallCsv } from '../request-export.ts';
import { agents, choose, chosen, chosenId, neighbours, retryChosen, settings } from '../requests-state.ts';
import { runId, summary } from '../run-choice.ts';
import { againstRun, whySentence } from '../why-slow.ts';
import { Asking, Failed } from './answer-states.tsx';
import { ExchangeTimeline } from './exchange-timeline.tsx';
import { Labels } from './labels.tsx';
import { Neighbours } from './neighbours.tsx';
import { Duration } from './num.tsx';
import { RequestFacts } from './request-facts.tsx';
import { WaterfallTable } from './waterfall-table.tsx';
import './exchange-panel.css';

/** The exchange that was chosen, in full. */
export function ExchangePanel() {
  const title = useRef<HTMLHeadingElement>(null);
  const { value: path, error } = chosen.value;
  return (
    <section class="panel" id="exchange" aria-labelledby="exchange-title">
      <h2 id="exchange-title" ref={title} tabIndex={-1}>
        <span class="clipped request-name">{path === null ? `Request ${chosenId.value}` : requestName(path)}</span>
        {path !== null && (
          <>
            <span>
              <Labels of={labelsOf(path)} />
            </span>
            <span class="headline">
              <Duration ns={path.endToEndNs} />
            </span>
          </>
        )}
        <button type="button" class="control button" onClick={close}>
          ✕ Close
        </button>
      </h2>
      {path === null && error === null && <Asking what="this request" />}
      {path === null && error !== null && <Failed what="this request" message={error} retry={retryChosen} />}
      {path !== null && <Told path={path} />}
    </section>
  );
}

/** The focus goes back to where it was opened, if that is still listed. */
function close(): void {
  const id = chosenId.value;
  choose(id);
  document.getElementById(`open-${id}`)?.focus();
}

function Told({ path }: { path: PathView }) {
  const whole = summary.value.value;
  const isOfRun = whole !== null && whole.run.id === path.run;
  const against = isOfRun && path.class === 'request' ? againstRun(path, whole) : undefined;
  return (
    <>
      <p class="when fine" title={new Date(path.atMs).toString()}>
        {formatDate(path.atMs)}
        {formatTime(path.atMs, true).slice(8)} · {path.vm} · run {path.run} · {path.id}
      </p>
      {against !== undefined && <p class="why">{whySentence(path, whole!, against)}</p>}
      {path.class !== 'request' && (
        <p class="why">
          Not in percentiles, its class is {path.class}: {CLASS_WORDS[path.class].title}.
        </p>
      )}
      <Actions path={path} />
      <ExchangeTimeline path={path} />
      <WaterfallTable path={path} agents={agentsOf({ agents: agents.value }, path.vm)} against={against} />
      <div class="beside">
        <section aria-labelledby="facts-title">
          <h3 id="facts-title">Facts</h3>
          <RequestFacts path={path} />
        </section>
        <Neighbours of={path} answer={neighbours.value} choose={choose} />
      </div>
    </>
  );
}

/** Half a minute on both sides. */
function around(atMs: number): { fromMs: number; toMs: number } {
  return { fromMs: atMs - 30_000, toMs: atMs + 30_000 };
}

/** What leads away from here, or can be taken along. */
function Actions({ path }: { path: PathView }) {
  const [said, say] = useState('');
  useEffect(() => say(''), [path.id]);
  const filter = tcpdumpFilter(path);
  const traceUrl = settings.value?.traceUrl ?? null;
  const copy = async () => {
    // Browsers keep the clipboard from pages that came by plain HTTP from another machine.
    if (navigator.clipboard === undefined) return 'Copy it from the field';
    await navigator.clipboard.writeText(filter);
    return 'Filter copied';
  };
  const save = (name: string, content: string, type: string) =>
    download(`${path.id}${name}`, new Blob([content], { type }));
  const parameters = new URLSearchParams({ run: runId.value, request: path.id, step: 'request' });
  return (
    <div class="actions">
      <a class="control button first" href={`/path?${parameters}`}>
        Walk this request
      </a>
      <a class="control button" href={liveAddress(path.run, around(path.atMs))} title="what else happened then">
        Its time, live
      </a>
      {traceUrl !== null && (
        <a class="control button" href={traceAddress(traceUrl, path)} target="_blank" rel="noreferrer">
          Trace<span class="unseen"> in your backend, opens a new tab</span> ↗
        </a>
      )}
      <button
        type="button"
        class="control button"
        title="Chrome’s trace format: opens in Perfetto"
        onClick={() => save('.trace.json', JSON.stringify(chromeTrace(path)), 'application/json')}
      >
        Perfetto JSON
      </button>
      <button
        type="button"
        class="control button"
        onClick={() => save('.csv', waterfallCsv(path, summary.value.value), 'text/csv')}
      >
        Waterfall CSV
      </button>
      <span class="tcpdump">
        <label>
          <span class="unseen">tcpdump filter of this connection</span>
          <input class="control" readOnly value={filter} onFocus={(event) => event.currentTarget.select()} />
        </label>
        <button
          type="button"
          class="control button"
          onClick={() => {
            copy().then(say, (error) => say(errorText(error)));
          }}
        >
          Copy tcpdump filter
        </button>
      </span>
      <span class="quiet" role="status">
        {said}
      </span>
    </div>
  );
}
