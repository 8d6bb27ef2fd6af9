/** Who is told of alerts: an address, and what it wants to see before it listens. */
import { readFileSync } from 'node:fs';

export type ReceiverKind = 'webhook' | 'alertmanager';

export interface Receiver {
  readonly kind: ReceiverKind;
  readonly url: string;
  /** A header's value; null where none is asked for. */
  readonly authorization: string | null;
  /** Scheme, host and port: all of the address that may be shown, the rest may be a secret. */
  readonly name: string;
}

export type ReceiverResult = { ok: true; receiver: Receiver } | { ok: false; fault: string };

const ALERTS_PATH = 'api/v2/alerts';

/**
 * @param text an address, or `@FILE`: a file with the address in its first line and, where one is needed,
 * a bearer token in its second
 * @param isSeen everybody on this machine can read the text: it came as a flag
 * @returns a fault never has the address in it
 */
export function parseReceiver(kind: ReceiverKind, text: string, isSeen: boolean): ReceiverResult {
  if (!text.startsWith('@')) return receiverOf(kind, text, null, isSeen);
  const file = text.slice(1);
  try {
    const [address = '', token = null] = readFileSync(file, 'utf8').trim().split(/\s+/);
    const result = receiverOf(kind, address, token, false);
    return result.ok ? result : { ok: false, fault: `${file}: ${result.fault}` };
  } catch (error) {
    return {
      ok: false,
      fault: `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): give another file.`,
    };
  }
}

function receiverOf(kind: ReceiverKind, address: string, token: string | null, isSeen: boolean): ReceiverResult {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { ok: false, fault: 'that is no address. Write http://…, https://…, or @FILE with the address in it.' };
  }
  const hasUser = url.username !== '' || url.password !== '';
  if (hasUser && isSeen) {
    const fault = 'a password in a flag can be read by everybody on this machine. Put the address into a file: @FILE.';
    return { ok: false, fault };
  }
  if (token !== null && (hasUser || !/^[\x21-\x7e]{1,4096}$/.test(token))) {
    return { ok: false, fault: 'the second line is a token of printable characters, and there is no user beside it.' };
  }
  const authorization = hasUser ? basic(url) : token === null ? null : `Bearer ${token}`;
  const name = url.origin;
  [url.username, url.password] = ['', ''];
  if (kind === 'alertmanager') url.pathname = `${url.pathname.replace(/\/$/, '')}/${ALERTS_PATH}`;
  return { ok: true, receiver: Object.freeze({ kind, url: url.href, authorization, name }) };
}

function basic({ username, password }: URL): string {
  const pair = [username, password].map(decodeURIComponent).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
