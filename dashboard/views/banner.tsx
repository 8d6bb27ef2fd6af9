import { formatAge } from '../format.ts';
import type { Connection } from '../socket.ts';
import { clockMs, connection, fault, isOtherRun, live, paused, summary } from '../state.ts';
import { stretchText } from '../stretch-text.ts';
import { chosenRun, fixed } from '../view-range.ts';
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
  const still = [
    lookingText(),
    paused.value && live.value !== null ? pausedText(live.value.nowMs) : '',
    recordingText(),
  ];
  const text = still.filter(Boolean).join(' ');
  return text === '' ? null : { tone: 'warn', text };
}

function lookingText(): string {
  if (fixed.value === null) return '';
  const run = (isOtherRun.value ? summary.value.value?.run.name : live.value?.run.name) ?? chosenRun.value;
  return `Looking at ${stretchText(fixed.value)} of run ${run}, not at what happens now.`;
}

function recordingText(): string {
  const run = isOtherRun.value ? summary.value.value?.run : live.value?.run;
  const recordedMs = run?.recordedMs ?? null;
  if (recordedMs === null) return '';
  return `A recording of ${new Date(recordedMs).toLocaleString()} is replayed: nothing here is happening now.`;
}

function pausedText(nowMs: number): string {
  return `Paused at ${new Date(nowMs).toLocaleTimeString()}. Collecting goes on; resume to see it.`;
}
