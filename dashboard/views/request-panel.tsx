import { useEffect, useRef } from 'preact/hooks';
import type { PathView } from '../../server/wire/views.ts';
import { duration } from '../format.ts';
import { CLASS_WORDS, labelsOf, requestName } from '../labels.ts';
import { agentsOf } from '../layer-facts.ts';
import { closePath, live, openPath } from '../state.ts';
import { Labels } from './labels.tsx';
import { Num } from './num.tsx';
import { RequestFacts } from './request-facts.tsx';
import { WaterfallTable } from './waterfall-table.tsx';
import './request-panel.css';

/** The request that was chosen from the list; it stays as it was, whatever the list goes on to. */
export function RequestPanel() {
  const path = openPath.value;
  return path === null ? null : <Opened key={path.id} path={path} />;
}

function Opened({ path }: { path: PathView }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section class="panel" id="request" aria-labelledby="request-title">
      <h2 id="request-title" ref={title} tabIndex={-1}>
        <span class="clipped request-name">{requestName(path)}</span>
        <span>
          <Labels of={labelsOf(path)} />
        </span>
        <span class="headline">
          <Num of={duration(path.endToEndNs)} />
        </span>
        <button type="button" class="control close" onClick={closePath}>
          ✕ Close
        </button>
      </h2>
      {path.class !== 'request' && (
        <p class="fine">
          Not in percentiles, its class is {path.class}: {CLASS_WORDS[path.class].title}.
        </p>
      )}
      <div class="request-body">
        <div class="fall">
          <WaterfallTable path={path} agents={agentsOf(live.value!.health, path.vm)} />
        </div>
        <RequestFacts path={path} />
      </div>
    </section>
  );
}
