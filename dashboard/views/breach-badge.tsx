import type { SloEpisode } from '../../server/wire/episode-views.ts';
import { breaches, breachesAddress } from '../breaches.ts';
import { formatDate } from '../format.ts';
import './breach-badge.css';

/** On every page while an alert fires: what is breached, and the way there. */
export function BreachBadge() {
  const open = breaches.value;
  return (
    <span role="status" class="breach-status">
      {open.length > 0 && (
        <a class="breach-badge" href={breachesAddress(open)} title={open.map(breachWords).join('\n')}>
          <span aria-hidden="true">✕</span>{' '}
          {open.length === 1 ? `${open[0]!.objective} breached` : `${open.length} objectives breached`}
        </a>
      )}
    </span>
  );
}

function breachWords({ objective, rules, fromMs }: SloEpisode): string {
  const fired = rules.map(({ rule, severity }) => `${severity} ${rule}`).join(', ');
  return `${objective}: ${fired}, since ${formatDate(fromMs)}`;
}
