/**
 * Lines of a web server's access log, as it sends them to a Unix datagram socket
 * (Nginx: `access_log syslog:server=unix:…`). They are handed on unread, each
 * before the record of its request: Nginx logs before it takes the next request,
 * so whoever reads the records first and the lines then has both.
 */
import { readText } from '../machine.ts';
import { DatagramSocket } from './datagram-socket.ts';

/** A line of ours has about 150; the rest of a longer one is not ours. */
const LINE_BYTES = 512;
/** Of one look: a writer that never stops must not keep the agent. */
const LINES_AT_ONCE = 4_096;
/** Kept while the server is away; then the oldest go. */
const KEPT_LINES = 8_192;
/** A control message is at most 64 KiB, and a line at most 6 × its length as JSON. */
const MESSAGE_LINES = 256;
const MESSAGE_BYTES = 48 * 1024;
/** Fewer datagrams than this may wait in a socket: then a line would be lost between two looks. */
const ROOMY_QUEUE = 256;

export type OpenedLog = { ok: true; log: AccessLog } | { ok: false; reason: string };

export class AccessLog {
  readonly #socket: DatagramSocket;
  readonly #bytes = Buffer.allocUnsafe(LINE_BYTES);
  #waiting: string[] = [];
  /** Lines read, handed to the server, and dropped because the server was away for too long. */
  read = 0;
  sent = 0;
  dropped = 0;

  private constructor(socket: DatagramSocket) {
    this.#socket = socket;
  }

  static open(path: string): OpenedLog {
    const bound = DatagramSocket.bind(path);
    return bound.ok ? { ok: true, log: new AccessLog(bound.socket) } : bound;
  }

  /** Take what waits in the socket. */
  drain(): void {
    for (let i = 0; i < LINES_AT_ONCE; i++) {
      const length = this.#socket.receive(this.#bytes);
      if (length < 0) break;
      this.#waiting.push(this.#bytes.toString('latin1', 0, length));
      this.read += 1;
    }
    const excess = this.#waiting.length - KEPT_LINES;
    if (excess <= 0) return;
    this.#waiting = this.#waiting.slice(excess);
    this.dropped += excess;
  }

  /** @param send takes lines, or says that it can not now */
  handOver(send: (lines: string[]) => boolean): void {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.slice(0, linesThatFit(this.#waiting));
      if (!send(lines)) return;
      this.sent += lines.length;
      this.#waiting = this.#waiting.slice(lines.length);
    }
  }

  close(): void {
    this.#socket.close();
  }
}

function linesThatFit(lines: readonly string[]): number {
  let bytes = 0;
  let count = 0;
  while (count < Math.min(lines.length, MESSAGE_LINES)) {
    bytes += JSON.stringify(lines[count]).length + 1;
    if (bytes > MESSAGE_BYTES && count > 0) break;
    count += 1;
  }
  return count;
}

/** What to tell a person about the kernel's limit of waiting datagrams; empty where it is fine. systemd sets 512. */
export function queueAdvice(limit = readText('/proc/sys/net/unix/max_dgram_qlen')): string {
  if (limit === '' || Number(limit) >= ROOMY_QUEUE) return '';
  return `net.unix.max_dgram_qlen is ${limit}: Nginx will lose access log lines; set it to 512, then start Nginx and the agent again`;
}
