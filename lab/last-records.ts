/** The records of the last requests come a moment after their answers. */
import type { ServerApi } from './server-api.ts';
import { askUntil } from './waiting.ts';

const LIMIT_MS = 15_000;
const SETTLED_AFTER_MS = 3_000;

/** Until as many exchanges of a run are joined as were answered, or the number has stopped growing. */
export async function allJoined(api: ServerApi, run: string, answered: number, signal: AbortSignal): Promise<void> {
  let joined = -1;
  let grewMs = performance.now();
  await askUntil(
    async () => {
      const now = (await api.summary(run))?.exchanges.joined ?? joined;
      if (now !== joined) grewMs = performance.now();
      joined = now;
      return joined >= answered || performance.now() - grewMs > SETTLED_AFTER_MS ? joined : null;
    },
    LIMIT_MS,
    signal,
  );
}
