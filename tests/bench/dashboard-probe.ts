/**
 * What bench:dashboard puts into the page before the page's own scripts: it
 * notes the live messages as they come and the frames that show other numbers.
 * Its source text is sent to the browser: it may refer to nothing outside.
 */
export interface PageMessage {
  atMs: number;
  data: string;
}

export interface PageFrame {
  /** After the frame was painted, wall clock of the machine. */
  atMs: number;
  /** Texts of the places that are watched, in their order. */
  texts: (string | null)[];
}

export interface PageProbe {
  /** Note messages and frames from now on. */
  watch(places: readonly string[]): void;
  /** What was noted; nothing is noted any more. */
  seen(): { messages: PageMessage[]; frames: PageFrame[] };
  /** Times between so many ms' animation frames. */
  intervals(forMs: number): Promise<number[]>;
  firstPaintMs(): number | null;
}

declare const document: { querySelector(selector: string): { textContent: string | null } | null };
declare const requestAnimationFrame: (act: (atMs: number) => void) => void;
declare const window: { WebSocket: typeof WebSocket; probe: PageProbe };

/** To be run in the page. */
export function installProbe(): void {
  const wallMs = () => performance.timeOrigin + performance.now();
  let messages: PageMessage[] = [];
  let frames: PageFrame[] = [];
  let places: readonly string[] | null = null;
  let shown = '';
  const painted = new MessageChannel();
  let unpainted: PageFrame | null = null;
  // A task that is queued in an animation frame runs once that frame is painted.
  painted.port1.addEventListener('message', () => {
    if (unpainted !== null) frames.push({ ...unpainted, atMs: wallMs() });
    unpainted = null;
  });
  painted.port1.start();

  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL) {
      super(url);
      this.addEventListener('message', ({ data }) => {
        if (places !== null) messages.push({ atMs: wallMs(), data: String(data) });
      });
    }
  };

  function look(): void {
    if (places === null) return;
    const texts = places.map((selector) => document.querySelector(selector)?.textContent ?? null);
    const all = texts.join('|');
    if (all !== shown) {
      shown = all;
      unpainted = { atMs: 0, texts };
      painted.port2.postMessage(null);
    }
    requestAnimationFrame(look);
  }

  window.probe = {
    watch(selectors) {
      places = selectors;
      look();
    },
    seen() {
      const noted = { messages, frames };
      [messages, frames, places] = [[], [], null];
      return noted;
    },
    intervals: (forMs) =>
      new Promise((resolve) => {
        const found: number[] = [];
        const endMs = performance.now() + forMs;
        let beforeMs = Number.NaN;
        const frame = (atMs: number) => {
          if (!Number.isNaN(beforeMs)) found.push(atMs - beforeMs);
          beforeMs = atMs;
          if (atMs < endMs) requestAnimationFrame(frame);
          else resolve(found);
        };
        requestAnimationFrame(frame);
      }),
    firstPaintMs: () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
  };
}
