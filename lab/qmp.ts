/** QEMU's machine protocol (docs/interop/qmp-spec): JSON lines on a Unix socket. */
import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface QmpMessage {
  QMP?: unknown;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: unknown;
  id?: number;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** Emits `event` (name, data) and `close`. */
export class QmpClient extends EventEmitter {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  /** Connects, reads the greeting and leaves negotiation mode. */
  static async connect(path: string): Promise<QmpClient> {
    const socket = connect(path);
    const client = new QmpClient(socket);
    const greeted = Promise.withResolvers<void>();
    socket.on('error', greeted.reject);
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      const message = JSON.parse(line) as QmpMessage;
      if (message.QMP) greeted.resolve();
      else client.#receive(message);
    });
    // The reader repeats its socket's errors, which 'close' below answers.
    lines.on('error', () => {});
    socket.on('close', () => client.#close());
    socket.on('close', () => greeted.reject(new Error(`QMP socket ${path} closed before its greeting`)));
    await greeted.promise;
    await client.execute('qmp_capabilities');
    return client;
  }

  /** Resolves with the command's return value; rejects with QEMU's own description. */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = ++this.#lastId;
    if (this.#socket.destroyed) return Promise.reject(new Error(`QMP ${command}: QEMU is gone`));
    this.#waiting.set(id, { resolve, reject });
    this.#socket.write(`${JSON.stringify({ execute: command, id, ...(args && { arguments: args }) })}\n`);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(message: QmpMessage): void {
    if (message.event) {
      this.emit('event', message.event, message.data);
      return;
    }
    const waiting = this.#waiting.get(message.id ?? -1);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id!);
    if (message.error) waiting.reject(new Error(`QMP ${message.error.class}: ${message.error.desc}`));
    else waiting.resolve(message.return);
  }

  #close(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('QMP: QEMU closed the connection'));
    this.#waiting.clear();
    this.emit('close');
  }
}
