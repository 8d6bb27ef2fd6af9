import type { NotifyView } from '../../server/wire/slo-views.ts';
import { formatAge, formatCount, formatDate } from '../format.ts';
import { Panel, Table } from './panel-table.tsx';

const HEAD = ['Receiver', 'State', 'Delivered', 'Retried', 'Given up', 'Waiting', 'No room'];

/** Who is told of alerts, and how that goes. */
export function NotifyPanel({ all, nowMs }: { all: readonly NotifyView[]; nowMs: number }) {
  return (
    <Panel id="notify" title="Who is told of alerts" about="attempts since the server’s start">
      {all.length === 0 && (
        <p class="fine">
          Nobody. <code>hopscope server --notify URL</code> tells a webhook, <code>--alertmanager URL</code> an
          Alertmanager.
        </p>
      )}
      {all.length > 0 && (
        <Table label="Receivers of alerts" head={HEAD} texts={2}>
          {all.map((one) => (
            <tr key={`${one.kind} ${one.to}`} data-receiver={one.to}>
              <th scope="row">
                {one.kind} {one.to}
              </th>
              <State of={one} nowMs={nowMs} />
              <td>{formatCount(one.delivered)}</td>
              <td class={one.fault !== null ? 'warn' : ''}>{formatCount(one.failed)}</td>
              <td class={one.refused > 0 ? 'bad' : ''}>{formatCount(one.refused)}</td>
              <td>{formatCount(one.waiting)}</td>
              <td class={one.dropped > 0 ? 'bad' : ''}>{formatCount(one.dropped)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

function State({ of: { fault, failingSinceMs, lastDeliveredMs }, nowMs }: { of: NotifyView; nowMs: number }) {
  if (fault !== null) {
    const since = failingSinceMs === null ? '' : ` for ${formatAge(nowMs - failingSinceMs)}`;
    return (
      <td class="text wrap bad">
        ✕ not told{since}: {fault}
      </td>
    );
  }
  if (lastDeliveredMs === null) return <td class="text">nothing to tell yet</td>;
  return (
    <td class="text ok" title={formatDate(lastDeliveredMs)}>
      ✓ told {formatAge(nowMs - lastDeliveredMs)} ago
    </td>
  );
}
