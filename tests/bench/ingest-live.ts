/** Somebody who looks at the live page meanwhile: how old its numbers are, and how regularly they come. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { LiveMessage } from '../../server/wire/live-views.ts';
import type { Health } from '../../server/wire/views.ts';

export class LiveWatch {
  /** p99 of the last ten seconds, as each tick says it. */
  readonly delaysMs: number[] = [];
  /** Longest time between two ticks: one is due every 200 ms, and a busy server's comes late. */
  longestGapMs = 0;
  health: Health | null = null;
  readonly #socket: WebSocket;
  #lastMs = performance.now();

  constructor(port: number) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/live`);
    this.#socket.on('message', (data) => this.#take(JSON.parse(data.toString()) as LiveMessage));
  }

  #take({ health }: LiveMessage): void {
    const nowMs = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.health = health;
    if (health.liveDelayMs !== null) this.delaysMs.push(health.liveDelayMs);
  }

  async end(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}
