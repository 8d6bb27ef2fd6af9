import { RECORD_WORDS } from '../wire/record.ts';
import type { SourceClock } from './row-writer.ts';

/** A record that saw more of a response than the row that was made of the exchange. */
export interface LateRecord {
  /** `PathColumns.ordinal` of that row. */
  readonly ordinal: number;
  /** The whole record; a copy, valid during the call. */
  readonly words: Uint32Array;
  readonly source: SourceClock;
  readonly isHost: boolean;
}

/** Late records until somebody puts their rows right; beyond `capacity` they are only counted, by the joiner. */
export class LateRecords {
  readonly #capacity: number;
  readonly #records: LateRecord[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(ordinal: number, words: Uint32Array, at: number, source: SourceClock, isHost: boolean): void {
    if (this.#records.length >= this.#capacity) return;
    this.#records.push({ ordinal, words: words.slice(at, at + RECORD_WORDS), source, isHost });
  }

  /** All that came since the last call, in order of arrival. */
  take(): LateRecord[] {
    return this.#records.splice(0);
  }
}
