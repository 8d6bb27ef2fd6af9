import type { Vantage } from '../../server/wire/stations.ts';
import { connection, live } from '../state.ts';
import './empty-state.css';

const WHERE: Record<Vantage, string> = {
  host: 'on the host that runs the VM',
  guest: 'in the guest, beside Nginx',
};

/** What starts an agent that reports here; the token stands in the server's log or in its token file. */
function agentCommand(role: Vantage): string {
  const server = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/agent`;
  return `hopscope agent --role ${role}${role === 'guest' ? ' --port 80' : ''} --server ${server} --token …`;
}

/** What to do until the first request has been seen. */
export function EmptyState() {
  if (live.value === null) {
    const connecting = connection.value.attempts === 0;
    return <p class="empty">{connecting ? 'Connecting to the server …' : 'The server cannot be reached.'}</p>;
  }
  const { agents } = live.value.health;
  const absent = (['host', 'guest'] as const).filter((role) => !agents.some((a) => a.role === role && a.connected));
  return (
    <section class="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">{absent.length === 0 ? 'Waiting for the first request' : 'Waiting for agents'}</h2>
      {absent.length === 0 && <p>Both agents are connected. Send a request through the VM to see it cross.</p>}
      {absent.map((role) => (
        <p key={role}>
          No {role} agent yet. Start one {WHERE[role]}: <code>{agentCommand(role)}</code>
        </p>
      ))}
      {absent.length === 2 && (
        <p>
          No VM at hand? <code>npx hopscope up</code> boots one with Nginx and drives requests through it.
        </p>
      )}
    </section>
  );
}
