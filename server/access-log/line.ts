/**
 * One line of the access log format that we ship:
 *
 *   log_format hopscope 'hopscope1 $msec $request_time $remote_addr $remote_port $server_addr $server_port '
 *                       '$status $upstream_connect_time;$upstream_header_time;$upstream_response_time';
 *
 * Whoever may write to the agent's socket may send anything: what is not such a line is null.
 */
import { addressBytes } from '../wire/address.ts';

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
