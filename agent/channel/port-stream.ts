/**
 * Reads and writes a port's descriptor without ever waiting for it: a virtio-serial
 * port takes whole writes or none (EAGAIN), and reads as ended while nobody is
 * connected to the host's end.
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';

const READ_BYTES = 64 * 1024;

export interface PortEvents {
  /** The bytes are valid during the call only. */
  bytes(chunk: Uint8Array): void;
  /** Once; the descriptor is closed. */
  gone(reason: string): void;
}

export class PortStream {
  readonly #fd: number;
  readonly #events: PortEvents;
  readonly #poll: ReturnType<typeof koffi.node.poll>;
  readonly #chunk = new Uint8Array(READ_BYTES);
  #queue: Uint8Array[] = [];
  #waitsToWrite = false;
  #closed = false;
  /** Bytes that the port has not taken yet; the caller keeps this bounded. */
  queuedBytes = 0;

  /** @param fd non-blocking; closed with the stream */
  constructor(fd: number, events: PortEvents) {
    this.#fd = fd;
    this.#events = events;
    this.#poll = koffi.node.poll(fd, { readable: true }, () => this.#ready());
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#queue.push(bytes);
    this.queuedBytes += bytes.length;
    if (!this.#waitsToWrite) this.#flush();
  }

  /** Without another word from it; what is queued is dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.queuedBytes = 0;
    this.#poll.close();
    closeSync(this.#fd);
  }

  #ready(): void {
    if (this.#closed) return;
    this.#read();
    if (!this.#closed && this.#waitsToWrite) this.#flush();
  }

  /** Once per wake-up: a peer that never stops sending must not keep the event loop. */
  #read(): void {
    const read = this.#attempt(() => readSync(this.#fd, this.#chunk));
    if (read === null) return;
    if (read === 0) this.#lose("nobody is connected to the host's end of the channel");
    else this.#events.bytes(this.#chunk.subarray(0, read));
  }

  #flush(): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const bytes = next;
      const written = this.#attempt(() => writeSync(this.#fd, bytes));
      if (this.#closed) return;
      if (written === null) break;
      this.queuedBytes -= written;
      if (written === bytes.length) this.#queue.shift();
      else this.#queue[0] = bytes.subarray(written);
    }
    this.#wantToWrite(this.#queue.length > 0);
  }

  #wantToWrite(writable: boolean): void {
    if (writable === this.#waitsToWrite) return;
    this.#waitsToWrite = writable;
    this.#poll.start({ readable: true, writable }, () => this.#ready());
  }

  /** @returns null where it would have to wait, or where the port failed and the stream is over */
  #attempt(call: () => number): number | null {
    try {
      return call();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN' && code !== 'EINTR') this.#lose(message);
      return null;
    }
  }

  #lose(reason: string): void {
    this.close();
    this.#events.gone(reason);
  }
}
