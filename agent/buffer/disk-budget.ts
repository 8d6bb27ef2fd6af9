/** What the agents of one directory may keep on disk together, those that are gone and the one that runs. */
import type { FrameBuffer } from '../frame-buffer.ts';

export class DiskBudget {
  readonly #mostBytes: number;
  /** The oldest agent's first: of what is too much its frames go before younger ones. */
  readonly #buffers: FrameBuffer[] = [];

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  add(buffer: FrameBuffer): void {
    this.#buffers.push(buffer);
  }

  remove(buffer: FrameBuffer): void {
    this.#buffers.splice(this.#buffers.indexOf(buffer), 1);
  }

  /** Until so many bytes more fit, drop the oldest. */
  makeRoom(bytes: number): void {
    for (const buffer of this.#buffers) {
      while (this.#usedBytes + bytes > this.#mostBytes && buffer.dropSegment());
    }
  }

  get #usedBytes(): number {
    return this.#buffers.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  }
}
