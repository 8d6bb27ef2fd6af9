/** One attempt to tell a receiver something. */
import type { Receiver } from './receiver.ts';

/** `again`: it may take it later; `refused`: it will not, however often it is told. */
export type Posted = { outcome: 'delivered' } | { outcome: 'again' | 'refused'; why: string };

/** Asked too early, too often, or held up: the others of 4xx are about what was said. */
const AGAIN = [408, 425, 429];
const MOST_WHY = 200;

/** @param signal ends the attempt */
export async function post({ url, authorization }: Receiver, body: string, signal: AbortSignal): Promise<Posted> {
  try {
    const response = await fetch(url, {
      ...{ method: 'POST', body, signal },
      // Where else to go is the user's decision: the token is for this receiver.
      redirect: 'manual',
      headers: { 'content-type': 'application/json', ...(authorization !== null && { authorization }) },
    });
    if (response.ok) {
      await response.body?.cancel();
      return { outcome: 'delivered' };
    }
    const why = `status ${response.status} ${await beginning(response)}`.trim();
    const isFinal = response.status < 500 && !AGAIN.includes(response.status);
    return { outcome: isFinal ? 'refused' : 'again', why };
  } catch (error) {
    return { outcome: 'again', why: reasonOf(error as Error) };
  }
}

/** What it says about it, on one line. */
async function beginning({ body }: Response): Promise<string> {
  if (body === null) return '';
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MOST_WHY) break;
  }
  return text.replaceAll(/\s+/g, ' ').slice(0, MOST_WHY);
}

/** Of fetch's own words only the cause says something; neither has the path of the address in it. */
function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
