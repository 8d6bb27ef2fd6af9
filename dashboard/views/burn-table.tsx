import type { SloAlert, SloBurn } from '../../server/wire/slo-views.ts';
import { formatCount, formatDate, MISSING } from '../format.ts';
import { alertSaid, burnQuantity, minutesWords } from '../slo-words.ts';
import { Num } from './num.tsx';
import { Told } from './objective-card.tsx';
import { Scroll } from './scroll.tsx';

/** Every alert of an objective: how fast the budget burns in both its windows, and from where on it fires. */
export function BurnTable({ objective, alerts }: { objective: string; alerts: readonly SloAlert[] }) {
  if (alerts.length === 0) return <p class="fine">No alert watches it.</p>;
  return (
    <Scroll label={`Burn and alerts of ${objective}`}>
      <table class="burns">
        <thead>
          <tr>
            <th scope="col" class="text">
              Alert
            </th>
            <th scope="col" class="text">
              State
            </th>
            <th scope="col" colSpan={2} title="budget burnt at so many times the allowed speed">
              Burn, long
            </th>
            <th scope="col" colSpan={2}>
              short window
            </th>
            <th scope="col" title="it fires while both windows burn faster">
              Limit
            </th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <AlertRow key={alert.rule} alert={alert} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function AlertRow({ alert }: { alert: SloAlert }) {
  const { rule, severity, factor, long, short, sinceMs } = alert;
  return (
    <tr data-alert={rule} data-state={alert.state}>
      <th scope="row">
        {rule} <small>{severity}</small>
      </th>
      <td class="text" title={sinceMs === null ? undefined : formatDate(sinceMs)}>
        <Told of={alertSaid(alert)} />
      </td>
      <Burn of={long} factor={factor} />
      {short === null ? <td colSpan={2}>{MISSING}</td> : <Burn of={short} factor={factor} />}
      <td>
        <Num of={burnQuantity(factor)} />
      </td>
    </tr>
  );
}

function Burn({ of: { minutes, burn, bad, total }, factor }: { of: SloBurn; factor: number }) {
  const isOver = burn !== null && burn > factor;
  return (
    <>
      <td class="quiet">{minutesWords(minutes)}</td>
      <td class={isOver ? 'bad' : ''} title={`${formatCount(bad)} bad of ${formatCount(total)}`}>
        {isOver && <span aria-hidden="true">▲ </span>}
        <Num of={burnQuantity(burn)} />
      </td>
    </>
  );
}
