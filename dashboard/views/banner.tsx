import { formatAge } from '../format.ts';
import type { Connection } from '../socket.ts';
import { clockMs, connection, fault, live, paused } from '../state.ts';
import './banner.css';

/** One line above everything when what is shown is not what is happening. */
export function Banner() {
  const line = bannerLine(connection.value, clockMs.value);
  return (
    <div role="alert">
      {line !== null && (
        <p class={`banner ${line.tone}`}>
          <span aria-hidden="true">{line.tone === 'bad' ? '✕' : '▲'}</span> {line.text}
        </p>
      )}
    </div>
  );
}

function bannerLine(now: Connection, viewerMs: number): { tone: 'warn' | 'bad'; text: string } | null {
  if (fault.value !== null) return { tone: 'bad', text: fault.value };
  const age = now.heardMs === null ? '' : formatAge(viewerMs - now.heardMs);
  const old = live.value === null ? '' : ` The numbers below are ${age} old.`;
  if (now.state === 'closed' || (now.state === 'connecting' && now.attempts > 0)) {
    const wait = now.retryAtMs === null ? 'now' : `in ${formatAge(Math.max(1000, now.retryAtMs - viewerMs))}`;
    return { tone: 'bad', text: `No connection to the server; attempt ${now.attempts} ${wait}.${old}` };
  }
  if (now.state === 'stale') return { tone: 'warn', text: `The server has been silent for ${age || 'a while'}.${old}` };
  if (paused.value && live.value !== null) return { tone: 'warn', text: pausedText(live.value.nowMs) };
  const recordedMs = live.value?.run.recordedMs ?? null;
  return recordedMs === null ? null : { tone: 'warn', text: recordingText(recordedMs) };
}

function recordingText(recordedMs: number): string {
  return `A recording of ${new Date(recordedMs).toLocaleString()} is replayed: nothing here is happening now.`;
}

function pausedText(nowMs: number): string {
  return `Paused at ${new Date(nowMs).toLocaleTimeString()}. Collecting goes on; resume to see it.`;
}
