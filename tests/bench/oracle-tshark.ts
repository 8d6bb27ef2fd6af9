/** What tshark makes of a capture: every HTTP exchange that it sees in there. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One request and its response, by tshark's own TCP and HTTP analysis. */
export interface SeenExchange {
  /** {@link exchangeKey} of the request's first byte. */
  key: string;
  /** Client's and server's address and port: the connection. */
  connection: string;
  /** The request's URI with its query, in which the nonce is. */
  uri: string;
  status: number;
  /** Frame times of the request and of the response's first segment, ns since {@link EPOCH_S}, by the clock of the machine that captured. */
  requestNs: number;
  responseNs: number;
  /** Response − request to its first segment, and tshark's `http.time`, which is to the one that completes it; ns. */
  firstNs: number;
  wholeNs: number;
}

export interface Seen {
  exchanges: SeenExchange[];
  /** Requests that tshark gives no response to, and the reverse: half in the capture. */
  halves: number;
  retransmissions: number;
}

/** Keeps nanoseconds of today within 2^53: 2026-01-01. */
export const EPOCH_S = 1_767_225_600;

const FIELDS = [
  ...['frame.number', 'frame.time_epoch', 'ip.src', 'tcp.srcport', 'ip.dst', 'tcp.dstport', 'tcp.seq_raw'],
  ...['http.request.uri', 'http.request_in', 'http.time', 'http.response.code', 'tcp.analysis.retransmission'],
  'tcp.segment',
];

/** Addresses, ports and the sequence number of the request's first byte. */
export function exchangeKey(connection: string, seq: number): string {
  return `${connection}#${seq}`;
}

export function connectionOf(client: string, clientPort: number, server: string, serverPort: number): string {
  return `${client}:${clientPort}>${server}:${serverPort}`;
}

/** Reads a capture file of whole packets. Rejects with what tshark says when it fails. */
export async function readCapture(file: string): Promise<Seen> {
  const args = ['-n', '-r', file, '-Y', 'tcp.len > 0', '-T', 'fields', ...FIELDS.flatMap((f) => ['-e', f])];
  const child = spawn('tshark', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (data) => {
    complaint = (complaint + data).slice(-2000);
  });
  const code = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const reader = new FieldReader();
  for await (const line of createInterface({ input: child.stdout })) reader.line(line.split('\t'));
  if ((await code) !== 0) throw new Error(`tshark -r ${file} failed:\n${complaint}`);
  return reader.end();
}

class FieldReader {
  /** By frame number. */
  readonly #requests = new Map<string, Omit<SeenExchange, 'status' | 'responseNs' | 'firstNs' | 'wholeNs'>>();
  /** Times of data frames, by number: the segments of responses among them. */
  readonly #frames = new Map<string, number>();
  readonly #seen: Seen = { exchanges: [], halves: 0, retransmissions: 0 };

  line(fields: string[]): void {
    const [
      frame,
      time,
      source,
      sourcePort,
      target,
      targetPort,
      seq,
      uri,
      requestIn,
      httpTime,
      status,
      again,
      segments,
    ] = fields as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    if (again) this.#seen.retransmissions++;
    const timeNs = epochNs(time);
    this.#frames.set(frame, timeNs);
    if (uri) {
      const connection = connectionOf(source, Number(sourcePort), target, Number(targetPort));
      this.#requests.set(frame, { key: exchangeKey(connection, Number(seq)), connection, uri, requestNs: timeNs });
    } else if (status) this.#response(segments.split(',')[0] || frame, requestIn, httpTime, Number(status));
  }

  end(): Seen {
    this.#seen.halves += this.#requests.size;
    return this.#seen;
  }

  /** @param frame the first segment's */
  #response(frame: string, requestIn: string, httpTime: string, status: number): void {
    const request = this.#requests.get(requestIn);
    const responseNs = this.#frames.get(frame);
    if (request === undefined || responseNs === undefined) {
      this.#seen.halves++;
      return;
    }
    this.#requests.delete(requestIn);
    const wholeNs = Math.round(Number(httpTime) * 1e9);
    this.#seen.exchanges.push({ ...request, status, responseNs, firstNs: responseNs - request.requestNs, wholeNs });
  }
}

/** `1795374275.410851201`: too many digits for a number. */
function epochNs(text: string): number {
  const [seconds, fraction = ''] = text.split('.') as [string, string?];
  return (Number(seconds) - EPOCH_S) * 1e9 + Number(fraction.padEnd(9, '0').slice(0, 9));
}
