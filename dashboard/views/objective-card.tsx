import type { SloResult } from '../../server/wire/slo-views.ts';
import { formatCount, formatDate, join, type Quantity } from '../format.ts';
import { many, type Said, shareCut, shareExact, stateSaid } from '../slo-words.ts';
import { BurnTable } from './burn-table.tsx';
import { Num } from './num.tsx';
import './objective-card.css';

/** One objective: what was promised, what became of it, and what that rests on. */
export function ObjectiveCard({ result }: { result: SloResult }) {
  const { objective, service, promise } = result;
  const titleId = `objective-${objective}`;
  return (
    <section class="panel objective" aria-labelledby={titleId} data-objective={objective}>
      <h2 id={titleId}>
        <a href={`/slo?${new URLSearchParams({ objective })}`}>{objective}</a> <small>service {service}</small>
        <span class="headline">
          <Told of={stateSaid(result)} />
        </span>
      </h2>
      <p class="promise">{promise}</p>
      <Budget result={result} />
      <Facts result={result} />
      <BurnTable objective={objective} alerts={result.alerts} />
      <Exclusions result={result} />
    </section>
  );
}

/** A state by its mark and word, not by its colour alone. */
export function Told({ of: { tone, mark, text } }: { of: Said }) {
  return (
    <span class={tone}>
      <span aria-hidden="true">{mark}</span> {text}
    </span>
  );
}

function Budget({ result: { budgetLeft, units } }: { result: SloResult }) {
  const left = shareCut(budgetLeft, 1);
  const tone = budgetLeft === null ? 'quiet' : budgetLeft < 0 ? 'bad' : budgetLeft < 0.25 ? 'warn' : 'ok';
  const full = budgetLeft === null ? 0 : Math.min(1, Math.max(0, budgetLeft));
  return (
    <div class="budget">
      <span>
        Budget left{' '}
        <b class={tone} data-fact="budget">
          {budgetLeft !== null && budgetLeft < 0 && <span aria-hidden="true">✕ </span>}
          {join(left)}
        </b>
        {budgetLeft !== null && budgetLeft < 0 && <small> overspent</small>}
      </span>
      <span class={`budget-bar ${budgetLeft !== null && budgetLeft < 0 ? 'overspent' : tone}`} aria-hidden="true">
        <span style={{ width: `${100 * full}%` }} />
      </span>
      <small>
        {formatCount(units.bad)} bad of {formatCount(units.total)} {units.of}
      </small>
    </div>
  );
}

function Facts({ result }: { result: SloResult }) {
  const { target, achieved, counts, coverage, window } = result;
  const measured = coverage.minutes === 0 ? null : coverage.measured / coverage.minutes;
  const rows: [name: string, value: Quantity, about: string][] = [
    ['Target', shareExact(target), `over ${window.isRolling ? 'any' : 'this'} ${window.length}`],
    ['Achieved', shareExact(achieved), `${formatCount(counts.good)} of ${formatCount(counts.total)} requests good`],
    ['Measured', shareExact(measured), `${formatCount(coverage.measured)} of ${many(coverage.minutes, 'minute')}`],
  ];
  return (
    <>
      <table class="objective-facts">
        <tbody>
          {rows.map(([name, value, about]) => (
            <tr key={name} data-fact={name.toLowerCase()}>
              <th scope="row">{name}</th>
              <td>
                <Num of={value} />
              </td>
              <td class="text quiet">{about}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="fine">
        Window {formatDate(window.fromMs)} to {formatDate(window.toMs)}.{' '}
        {counts.unmeasured > 0 && (
          <span class="warn">▲ {many(counts.unmeasured, 'request')} without the time that the promise is about.</span>
        )}
      </p>
      <NotMeasured result={result} />
    </>
  );
}

function NotMeasured({ result: { coverage } }: { result: SloResult }) {
  const missing = coverage.minutes - coverage.measured;
  if (missing === 0) return null;
  return (
    <details>
      <summary class="fine">{many(missing, 'minute')} not measured: neither good nor bad</summary>
      <ul class="plain fine">
        {coverage.notMeasured.toReversed().map(({ fromMs, toMs }) => (
          <li key={fromMs}>
            {formatDate(fromMs)} to {formatDate(toMs)}, {many((toMs - fromMs) / 60_000, 'minute')}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What does not count, and how much of it there was. */
function Exclusions({ result: { excluded } }: { result: SloResult }) {
  if (excluded.length === 0) return <p class="fine">Nothing is left out.</p>;
  return (
    <ul class="plain fine exclusions" aria-label="Left out">
      {excluded.map(({ what, which, requests }) => (
        <li key={`${what} ${which}`}>
          Left out: {what}
          {which !== '' && ` (${which})`}: {many(requests, 'request')}
        </li>
      ))}
    </ul>
  );
}
