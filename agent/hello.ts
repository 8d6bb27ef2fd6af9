/** The first message of an agent. */
import { PROTOCOL_VERSION } from '../server/wire/frame.ts';
import type { Hello } from '../server/wire/messages.ts';
import { readClocks } from './clocks.ts';

/** What of it does not depend on who says it, and when. */
export type KeptHello = Omit<Hello, 'type' | 'protocol' | 'token' | 'clock'>;

export function helloOf(kept: KeptHello, token: string): Hello {
  const { monotonicNs, realtimeNs } = readClocks();
  return { type: 'hello', protocol: PROTOCOL_VERSION, token, ...kept, clock: { monotonicNs, realtimeNs } };
}
