/** From what the page noted to how late it showed each mark. Pure. */
import { formatCount, formatDuration } from '../../dashboard/format.ts';
import type { LiveMessage } from '../../server/wire/live-views.ts';
import { ALL_VMS } from '../../server/wire/machine-views.ts';
import type { Mark } from './dashboard-load.ts';
import type { PageFrame, PageMessage } from './dashboard-probe.ts';

interface Heard {
  atMs: number;
  message: LiveMessage;
  /** What the page writes of it in the places that are watched. */
  text: string;
}

export interface Delays {
  /** Response sent → painted, of each mark, ms; ascending. */
  ms: number[];
  /** Marks that no frame showed. */
  unseen: number;
  /** Frames whose numbers are those of no message: the method does not hold where there are any. */
  unexplained: number;
}

/**
 * A mark is in the first message that counts an error in its VM's second, and
 * on the screen with the first frame whose numbers are those of that message
 * or of a later one.
 */
export function delaysOf(
  marks: readonly Mark[],
  messages: readonly PageMessage[],
  frames: readonly PageFrame[],
): Delays {
  const heard = messages.map(({ atMs, data }): Heard => {
    const message = JSON.parse(data) as LiveMessage;
    return { atMs, message, text: textOf(message) };
  });
  const all = frames.map((frame) => ({ atMs: frame.atMs, newest: newestShown(heard, frame) }));
  // What stood there before the first of these messages was of one that nobody noted.
  const shown = all.slice(all.findIndex(({ newest }) => newest >= 0));
  const ms: number[] = [];
  let unseen = 0;
  for (const mark of marks) {
    const first = heard.findIndex(({ message }) => tells(message, mark));
    const frame = first < 0 ? undefined : shown.find(({ newest }) => newest >= first);
    if (frame === undefined) unseen++;
    else ms.push(frame.atMs - mark.sentMs);
  }
  ms.sort((a, b) => a - b);
  return { ms, unseen, unexplained: shown.filter(({ newest }) => newest < 0).length };
}

/** Index of the newest message that was there and whose numbers these are; -1 where there is none. */
function newestShown(heard: readonly Heard[], { atMs, texts }: PageFrame): number {
  const [errors, ...times] = texts;
  const text = [/[\d\u202f]+/.exec(errors ?? '')?.[0], ...times].join('|');
  return heard.findLastIndex((each) => each.atMs <= atMs && each.text === text);
}

function tells({ seconds }: LiveMessage, { vm, second }: Mark): boolean {
  return seconds.some((row) => row.t === second && row.vm === vm && row.errors > 0);
}

function textOf({ allVms }: LiveMessage): string {
  const row = allVms.recent.find(({ vm }) => vm === ALL_VMS);
  if (row === undefined) return '';
  const { p50, p90, p99 } = row.endToEnd;
  return [formatCount(row.errors), ...[p50, p90, p99].map(formatDuration)].join('|');
}

/** Nearest rank; NaN of none. */
export function quantileOf(ascending: readonly number[], q: number): number {
  return ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)] ?? Number.NaN;
}
