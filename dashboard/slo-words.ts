/** Objectives in numbers and words for people. Pure. */
import type { SloAlert, SloResult } from '../server/wire/slo-views.ts';
import { formatCount, formatDate, MISSING, type Quantity } from './format.ts';

const DAY_MIN = 1_440;

/** A share in percent, cut rather than rounded: what is missed by little is not said to be kept. */
export function shareCut(share: number | null, decimals: number): Quantity {
  if (share === null) return { text: MISSING, unit: '' };
  const scale = 10 ** (decimals + 2);
  // What 0.999 or -0.4 is in binary must not cost a digit.
  const cut = Math.floor(Number((share * scale).toPrecision(12))) / scale;
  const text = (100 * cut + 0).toFixed(decimals).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, '\u202f');
  return { text: text.replace('-', '−'), unit: '%' };
}

/** The promised or achieved share, with no more digits than it has: 99.9 %. */
export function shareExact(share: number | null): Quantity {
  const { text, unit } = shareCut(share, 4);
  return { text: text.includes('.') ? text.replace(/\.?0+$/, '') : text, unit };
}

/** How many times too fast a budget burns: 14.4 ×. */
export function burnQuantity(burn: number | null): Quantity {
  if (burn === null) return { text: MISSING, unit: '' };
  return { text: burn.toFixed(burn < 9.995 ? 2 : 1), unit: '×' };
}

/** Any number of something, in words: 43 200 minutes. */
export function many(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** A window of an alert: 5 min, 1 h, 3 d. */
export function minutesWords(minutes: number): string {
  if (minutes % DAY_MIN === 0) return `${minutes / DAY_MIN}\u00a0d`;
  return minutes % 60 === 0 ? `${minutes / 60}\u00a0h` : `${minutes}\u00a0min`;
}

export type Tone = 'ok' | 'warn' | 'bad' | 'quiet';

export interface Said {
  tone: Tone;
  mark: string;
  text: string;
}

const STATES: Record<SloResult['state'], Said> = {
  kept: { tone: 'ok', mark: '✓', text: 'kept' },
  missed: { tone: 'bad', mark: '✕', text: 'missed' },
  'no data': { tone: 'warn', mark: '▲', text: 'no data' },
};

export function stateSaid({ state }: Pick<SloResult, 'state'>): Said {
  return STATES[state];
}

/** The day only where it is another one than today. */
function briefTime(ms: number, nowMs: number): string {
  const [day, time] = formatDate(ms).split(' ') as [string, string];
  return formatDate(nowMs).startsWith(day) ? time : `${day} ${time.slice(0, 5)}`;
}

export function alertSaid(
  { state, sinceMs, held }: Pick<SloAlert, 'state' | 'sinceMs' | 'held'>,
  nowMs = Date.now(),
): Said {
  if (state === 'inactive') return { tone: 'ok', mark: '✓', text: 'quiet' };
  const since = sinceMs === null ? '' : ` since ${briefTime(sinceMs, nowMs)}`;
  const why = held ? '; held: minutes are missing' : '';
  if (state === 'pending') return { tone: 'warn', mark: '▲', text: `pending${since}${why}` };
  return { tone: 'bad', mark: '✕', text: `firing${since}${why}` };
}

/** What needs somebody first: what fires, then what is missed, then what nobody knows. */
export function byUrgency(results: readonly SloResult[]): SloResult[] {
  const order = { missed: 2, 'no data': 3, kept: 4 };
  const rank = ({ state, alerts }: SloResult) => (alerts.some((alert) => alert.state === 'firing') ? 1 : order[state]);
  return results.toSorted((a, b) => rank(a) - rank(b));
}
