import { formatAge } from '../format.ts';
import type { ConnectionState } from '../socket.ts';
import { clockMs, connection } from '../state.ts';
import './connection-pill.css';

const STATES: Record<ConnectionState, { icon: string; text: string; tone: string }> = {
  connecting: { icon: '◌', text: 'connecting', tone: 'warn' },
  open: { icon: '●', text: 'live', tone: 'ok' },
  stale: { icon: '▲', text: 'silent', tone: 'warn' },
  closed: { icon: '✕', text: 'disconnected', tone: 'bad' },
};

/** Whether the live stream is there, and when it was heard last. */
export function ConnectionPill() {
  const { state, heardMs } = connection.value;
  const { icon, text, tone } = STATES[state];
  const heard = heardMs === null ? 'nothing heard yet' : `heard ${formatAge(clockMs.value - heardMs)} ago`;
  return (
    <span class={`pill ${tone}`} role="status" title={heard}>
      <span aria-hidden="true">{icon}</span> {text}
    </span>
  );
}
