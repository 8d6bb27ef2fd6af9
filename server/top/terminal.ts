/** A full-screen view in a terminal: the alternate screen, keys, and the terminal as it was afterwards. */
import { emitKeypressEvents } from 'node:readline';
import type { Size } from './screen.ts';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

export class Terminal {
  readonly #onKey: (name: string) => void;

  /** @param onKey the key's name; `q`, Ctrl-C and Escape come as `q` @param onResize draw anew */
  constructor(onKey: (name: string) => void, onResize: () => void) {
    this.#onKey = onKey;
    process.stdout.write(ENTER);
    process.stdout.on('resize', onResize);
    if (!process.stdin.isTTY) return;
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode(true);
    process.stdin.on('keypress', this.#keypress);
  }

  readonly #keypress = (text: string | undefined, key: { name?: string; ctrl?: boolean }): void => {
    const ends = key.name === 'escape' || (key.ctrl === true && (key.name === 'c' || key.name === 'd'));
    this.#onKey(ends ? 'q' : (text ?? ''));
  };

  get size(): Size {
    return { columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 };
  }

  draw(lines: readonly string[]): void {
    process.stdout.write(HOME + lines.map((line) => line + CLEAR_LINE).join('\r\n') + CLEAR_BELOW);
  }

  close(): void {
    process.stdout.write(LEAVE);
    if (!process.stdin.isTTY) return;
    process.stdin.off('keypress', this.#keypress).setRawMode(false);
    process.stdin.pause();
  }
}
