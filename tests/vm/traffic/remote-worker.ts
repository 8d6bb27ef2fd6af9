/**
 * A client in a network namespace, told what to do by JSON lines on standard
 * input: plain or TLS connections with every byte under control, and HTTP/2.
 * See client.ts for the other end.
 */
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type SecureVersion, connect as secure, type TLSSocket } from 'node:tls';

export interface Target {
  host: string;
  port: number;
  localPort?: number;
  tls?: SecureVersion;
}

/** Bytes as TCP carried them, TLS and all. */
export interface Traffic {
  sent: number;
  received: number;
}

class Connection {
  readonly tcp: Socket;
  readonly stream: Socket | TLSSocket;
  readonly opened: Promise<void>;
  #text = '';
  #isClosed = false;
  #changed: () => void = () => {};

  constructor({ host, port, localPort, tls }: Target) {
    this.tcp = connect({ host, port, noDelay: true, ...(localPort !== undefined && { localPort }) });
    const versions = tls && { minVersion: tls, maxVersion: tls, rejectUnauthorized: false };
    this.stream = versions ? secure({ socket: this.tcp, ...versions }) : this.tcp;
    this.opened = new Promise((resolve, reject) => {
      this.stream.once(tls ? 'secureConnect' : 'connect', resolve).once('error', reject);
    });
    this.stream.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#changed();
    });
    for (const each of [this.tcp, this.stream]) each.on('error', () => {});
    this.stream.on('close', () => {
      this.#isClosed = true;
      this.#changed();
    });
  }

  get traffic(): Traffic {
    return { sent: this.tcp.bytesWritten, received: this.tcp.bytesRead };
  }

  async send(text: string, times: number): Promise<void> {
    const bytes = Buffer.alloc(text.length * times, text, 'latin1');
    await new Promise<void>((resolve, reject) =>
      this.stream.write(bytes, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** Resolves when `mark` has come `times` times since the last such call. */
  async until(mark: string, times: number): Promise<void> {
    for (;;) {
      const parts = this.#text.split(mark);
      if (parts.length > times) {
        this.#text = parts.slice(times).join(mark);
        return;
      }
      if (this.#isClosed) throw new Error(`closed after ${this.traffic.received} bytes, before ${times} of ${mark}`);
      await this.#change();
    }
  }

  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}

const connections: Connection[] = [];

/** All requests at once on one connection. */
async function http2(
  target: Target,
  paths: readonly string[],
): Promise<Traffic & { localPort: number; statuses: number[] }> {
  const tcp = connect({ host: target.host, port: target.port });
  const stream = target.tls ? secure({ socket: tcp, ALPNProtocols: ['h2'], rejectUnauthorized: false }) : tcp;
  const session = connectHttp2(`http://${target.host}:${target.port}`, { createConnection: () => stream });
  // Failures reach the requests.
  session.on('error', () => {});
  const one = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const request = session.request({ ':path': path });
      let status = 0;
      request.on('response', (headers) => {
        status = Number(headers[':status']);
      });
      request
        .on('error', reject)
        .on('end', () => resolve(status))
        .resume();
    });
  const statuses = await Promise.all(paths.map(one));
  const ends = { localPort: tcp.localPort!, sent: tcp.bytesWritten, received: tcp.bytesRead };
  await new Promise<void>((done) => session.close(done));
  return { ...ends, statuses };
}

const calls = {
  async connect(target: Target) {
    const connection = new Connection(target);
    const handle = connections.push(connection) - 1;
    await connection.opened;
    return { handle, localPort: connection.tcp.localPort };
  },
  send: (handle: number, text: string, times: number) => connections[handle]!.send(text, times),
  until: (handle: number, mark: string, times: number) => connections[handle]!.until(mark, times),
  closed: (handle: number) => connections[handle]!.closed(),
  traffic: (handle: number) => connections[handle]!.traffic,
  pause: (handle: number) => void connections[handle]!.stream.pause(),
  resume: (handle: number) => void connections[handle]!.stream.resume(),
  end: (handle: number) => void connections[handle]!.stream.end(),
  reset: (handle: number) => void connections[handle]!.tcp.resetAndDestroy(),
  http2,
};
export type Calls = typeof calls;

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, args } = JSON.parse(line) as { id: number; call: keyof Calls; args: never[] };
  const answer = async () => (calls[call] as (...words: never[]) => unknown)(...args);
  answer().then(
    (value) => console.log(JSON.stringify({ id, value: value ?? null })),
    (error: Error) => console.log(JSON.stringify({ id, error: error.message })),
  );
}
process.exit(0);
