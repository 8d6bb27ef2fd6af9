/**
 * One line of the access log format that we ship:
 *
 *   log_format hopscope 'hopscope1 $msec $request_time $remote_addr $remote_port $server_addr $server_port '
 *                       '$status $upstream_connect_time;$upstream_header_time;$upstream_response_time';
 *
 * Whoever may write to the agent's socket may send anything: what is not such a line is null.
 */

export interface AccessLine {
  /** Wall clock of the guest, ms; times of Nginx are those at which its event loop woke. */
  startMs: number;
  endMs: number;
  /** As in a record: 16 bytes, IPv4 mapped. */
  client: Uint8Array;
  server: Uint8Array;
  clientPort: number;
  serverPort: number;
  status: number;
  /** Sums over all upstreams tried, ms; NaN where none answered. */
  connectMs: number;
  headerMs: number;
  responseMs: number;
}

const NUMBER = String.raw`(\d{1,10}\.\d{3})`;
const ADDRESS = String.raw`([\da-fA-F.:]{2,45})`;
const PORT = String.raw`(\d{1,5})`;
const TIMES = String.raw`([-\d., :]{1,120})`;
/** Behind what syslog puts in front: priority, date and tag. */
const LINE = new RegExp(
  String.raw`(?:^|: )hopscope1 ${NUMBER} ${NUMBER} ${ADDRESS} ${PORT} ${ADDRESS} ${PORT} (\d{3}) ${TIMES};${TIMES};${TIMES}$`,
);

/** @returns null where this is no line of ours */
export function parseAccessLine(text: string): AccessLine | null {
  const fields = LINE.exec(text)?.slice(1);
  if (!fields) return null;
  const [end, took, clientText, clientPort, serverText, serverPort, status, connect, header, response] =
    fields as string[] & { length: 10 };
  const client = addressBytes(clientText as string);
  const server = addressBytes(serverText as string);
  if (!client || !server) return null;
  const endMs = milliseconds(end as string);
  return {
    startMs: endMs - milliseconds(took as string),
    endMs,
    client,
    server,
    clientPort: Number(clientPort),
    serverPort: Number(serverPort),
    status: Number(status),
    connectMs: total(connect as string),
    headerMs: total(header as string),
    responseMs: total(response as string),
  };
}

/** `1.234` → 1234, without the rounding of a multiplication. */
function milliseconds(seconds: string): number {
  return Number(seconds.replace('.', ''));
}

/** `0.001, 0.002 : -` → 3: a comma between upstreams tried, a colon between internal redirects. */
function total(times: string): number {
  const parts = times.split(/\s*[,:]\s*/).filter((part) => /^\d{1,10}\.\d{3}$/.test(part));
  return parts.length === 0 ? Number.NaN : parts.reduce((sum, part) => sum + milliseconds(part), 0);
}

/** 16 bytes of an address as text, IPv4 mapped into IPv6; null where it is none. */
export function addressBytes(text: string): Uint8Array | null {
  const dotted = /^(.*?)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!dotted) return groupBytes(text);
  const [, before = '', ...octets] = dotted;
  const [a, b, c, d] = octets.map(Number) as [number, number, number, number];
  if (Math.max(a, b, c, d) > 255) return null;
  return groupBytes(`${before || '::ffff:'}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`);
}

function groupBytes(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [before, after] = halves.map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[]?];
  const gap = after === undefined ? 0 : 8 - before.length - after.length;
  if (after !== undefined && gap < 1) return null;
  const groups = [...before, ...new Array<string>(gap).fill('0'), ...(after ?? [])];
  if (groups.length !== 8 || !groups.every((group) => /^[\da-fA-F]{1,4}$/.test(group))) return null;
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  return bytes;
}
