import type { EpisodeView, EvidenceLine } from '../../server/wire/episode-views.ts';
import { readingText } from '../verdict-words.ts';
import { Scroll } from './scroll.tsx';

/** Readings during the breach beside those before it: what the verdict rests on beside the requests. */
export function EvidenceTable({ view: { verdict } }: { view: EpisodeView }) {
  return (
    <section class="panel" id="evidence" aria-labelledby="evidence-title">
      <h2 id="evidence-title">
        Evidence <small>means during the breach and before it</small>
      </h2>
      <Scroll label="Table of evidence">
        <table class="evidence">
          <thead>
            <tr>
              <th scope="col">Reading</th>
              <th scope="col">Before</th>
              <th scope="col">During</th>
              <th scope="col" class="text">
                Of what
              </th>
            </tr>
          </thead>
          <tbody>
            {verdict.evidence.map((line) => (
              <EvidenceRow key={line.what} line={line} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function EvidenceRow({ line: { what, before, during, unit } }: { line: EvidenceLine }) {
  const rose = during !== null && before !== null && during > before * 1.1;
  return (
    <tr data-evidence={what}>
      <th scope="row">{what}</th>
      <td>{readingText(before, unit)}</td>
      <td>
        {rose && (
          <span title="more than before">
            <span aria-hidden="true">▲ </span>
            <span class="unseen">more: </span>
          </span>
        )}
        {readingText(during, unit)}
      </td>
      <td class="text quiet">{unit.startsWith('of ') ? unit : ''}</td>
    </tr>
  );
}
