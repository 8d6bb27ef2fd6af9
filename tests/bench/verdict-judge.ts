/** What the product says of a stretch of time, asked as a user would ask it. Knows nothing of what was planted. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EpisodeView, SloEpisode } from '../../server/wire/episode-views.ts';

/** Whole minutes of one trial. */
export interface Slot {
  fromMs: number;
  toMs: number;
}

const ASK_EVERY_MS = 1_000;
/** Alerts are judged every few seconds, and a little after the minute nothing more of it is on its way. */
const SETTLED_MS = 8_000;
const OPEN_LIMIT_MS = 240_000;
const ANSWER_LIMIT_MS = 15_000;

/** Resolves with the episodes that were raised in the slot, once none is open any more. */
export async function judge(url: string, slot: Slot, signal: AbortSignal): Promise<EpisodeView[]> {
  await delay(Math.max(0, slot.toMs + SETTLED_MS - Date.now()), undefined, { signal });
  for (;;) {
    const all = await get<SloEpisode[]>(`${url}/api/slo/episodes`);
    const own = all.filter(({ rules }) => rules.every(({ atMs }) => atMs >= slot.fromMs && atMs < slot.toMs));
    if (all.every(({ isOpen }) => !isOpen) || Date.now() > slot.toMs + OPEN_LIMIT_MS) {
      const views: EpisodeView[] = [];
      for (const { id } of own) views.push(await get(`${url}/api/slo/episodes/${encodeURIComponent(id)}`));
      return views;
    }
    await delay(ASK_EVERY_MS, undefined, { signal });
  }
}

/** Whether an alert still fires. */
export async function isOpen(url: string): Promise<boolean> {
  return (await get<SloEpisode[]>(`${url}/api/slo/episodes`)).some((episode) => episode.isOpen);
}

async function get<T>(url: string): Promise<T> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
