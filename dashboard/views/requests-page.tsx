import { download } from '../download.ts';
import { formatCount } from '../format.ts';
import { exchangesCsv } from '../request-export.ts';
import {
  choose,
  chosenId,
  clearFilters,
  isFiltered,
  list,
  listHeld,
  ORDERS,
  order,
  range,
  seed,
} from '../requests-state.ts';
import { heardMs, summary, triedMs } from '../run-choice.ts';
import { stretchText } from '../stretch-text.ts';
import { Asking, Failed, Stale } from './answer-states.tsx';
import { ExchangePanel } from './exchange-panel.tsx';
import { ExchangeTable } from './exchange-table.tsx';
import { RequestFilters } from './request-filters.tsx';
import { RunControls } from './run-controls.tsx';
import { Segments } from './segments.tsx';
import { SiteHeader } from './site-header.tsx';
import './requests-page.css';

/** Exchanges of a run: the list on one side, the one that was chosen on the other. */
export function RequestsPage({ pollNow }: { pollNow: () => void }) {
  return (
    <>
      <SiteHeader at="/requests">
        <div class="controls">
          <RunControls />
        </div>
      </SiteHeader>
      <Stale
        error={list.value.value === null ? null : list.value.error}
        heardMs={heardMs.value}
        nowMs={triedMs.value}
      />
      <main class={chosenId.value === '' ? 'requests-page' : 'requests-page with-one'}>
        <section class="panel" id="list" aria-labelledby="list-title">
          <h2 id="list-title">
            Requests <small>{aboutList()}</small>
            <span class="choices">
              <Segments legend="Order" name="order" choices={ORDERS} chosen={order} />
              {order.value === 'random' && (
                <button
                  type="button"
                  class="control button"
                  onClick={() => {
                    seed.value++;
                  }}
                >
                  Draw again
                </button>
              )}
              <button
                type="button"
                class="control button"
                disabled={!list.value.value?.length}
                onClick={() =>
                  download('requests.csv', new Blob([exchangesCsv(list.value.value ?? [])], { type: 'text/csv' }))
                }
              >
                CSV
              </button>
            </span>
          </h2>
          <RequestFilters />
          <Listed pollNow={pollNow} />
        </section>
        {chosenId.value !== '' && <ExchangePanel key={chosenId.value} />}
      </main>
    </>
  );
}

function aboutList(): string {
  const words = {
    slowest: 'slowest first',
    newest: 'newest first',
    failed: 'answered with 4xx or 5xx, or reset; newest first',
    random: 'drawn at random, each as likely as the other',
  };
  const run = summary.value.value?.run;
  const among = range.value === null ? `of ${formatCount(run?.exchanges)}` : 'of that time';
  const of = run === undefined ? '' : `, ${among} in run ${run.name}`;
  return `${words[order.value]}${of}${listHeld.value ? '; held while you point at it' : ''}`;
}

function Listed({ pollNow }: { pollNow: () => void }) {
  const { value, error } = list.value;
  if (value === null && error !== null) return <Failed what="the requests" message={error} retry={pollNow} />;
  if (value === null) return <Asking what="requests" />;
  if (value.length === 0) return <Nothing />;
  return <ExchangeTable paths={value} choose={choose} />;
}

function Nothing() {
  const run = summary.value.value?.run;
  if (run === undefined || run.exchanges === 0) {
    return (
      <div class="empty">
        <h2>No request yet</h2>
        <p>
          Nothing has been joined in this run so far. <a href="/">The live page</a> says what is missing. No VM at hand?
          This plays a recording: <code>hopscope replay recordings/virtio-net-pci.parquet</code>
        </p>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>None that fits</h2>
      <p>
        No request that is kept of this run{' '}
        {order.value === 'failed' && !isFiltered.value ? 'failed' : 'fits what you ask for'}
        {range.value !== null && ` and began from ${stretchText(range.value)}`}.
      </p>
      {isFiltered.value && (
        <p>
          <button type="button" class="control button first" onClick={clearFilters}>
            Clear the filters
          </button>
        </p>
      )}
    </div>
  );
}
