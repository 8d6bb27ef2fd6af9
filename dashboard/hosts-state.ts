/** What the page of hosts knows beside the live stream: means of what agents told in the last seconds. */
import { computed, signal } from '@preact/signals';
import { hostFacts, readingsOf } from './host-facts.ts';
import { RecentMeans } from './recent-means.ts';
import { live } from './state.ts';

/** As long as the latencies beside them are taken over. */
const MEAN_S = 10;

const means = new RecentMeans(MEAN_S);
/** Up to this second the means are there. */
const second = signal(0);

/** Keeps the means while the page is open. */
export function watchHosts(): void {
  live.subscribe((now) => {
    if (now === null) return;
    means.push(Math.floor(now.nowMs / 1000), readingsOf(now.health));
    second.value = Math.floor(now.nowMs / 1000);
  });
}

export const hosts = computed(() => {
  const now = live.value;
  return now === null || second.value === 0 ? [] : hostFacts(now.health, now.recent, (name) => means.mean(name));
});
