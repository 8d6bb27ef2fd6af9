/** Questions to the server's API. */
import type { ApiError } from '../server/wire/views.ts';

/** An answer of the API and, when the last attempt failed, why; the older answer stays. */
export interface Polled<T> {
  value: T | null;
  error: string | null;
}

const PATIENCE_MS = 10_000;

/** @throws Error with the server's own words where it has any */
export async function ask<T>(path: string, patienceMs = PATIENCE_MS): Promise<T> {
  const response = await fetch(path, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(patienceMs),
  });
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => null)) as ApiError | null;
  throw new Error(problem?.error.message ?? `the server answered ${response.status} to ${path}`);
}

/** A failed attempt keeps the older answer and says why. */
export async function answer<T>(path: string, before: Polled<T>, patienceMs = PATIENCE_MS): Promise<Polled<T>> {
  try {
    return { value: await ask<T>(path, patienceMs), error: null };
  } catch (error) {
    return { value: before.value, error: errorText(error) };
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Asks every so often while the page is visible; the function returned asks at once. */
export function repeat(turn: () => Promise<void>, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = async () => {
    clearTimeout(timer);
    if (!document.hidden) await turn();
    clearTimeout(timer);
    timer = setTimeout(next, everyMs);
  };
  document.addEventListener('visibilitychange', () => void next());
  return () => void next();
}
