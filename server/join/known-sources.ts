import type { RecordSource } from './record-source.ts';
import type { SourceClock } from './row-writer.ts';

/** A source as the joiner keeps it. */
export interface KnownSource extends SourceClock {
  /** Time of its newest record, ns since its base. */
  newestNs: number;
}

/** The sources that records came from, by index. */
export class KnownSources {
  /** Sparse: by `RecordSource.index`. */
  readonly byIndex: KnownSource[] = [];

  /** @throws when the base of a source changes that was not forgotten */
  know(source: RecordSource): KnownSource {
    const known = this.byIndex[source.index];
    if (known && known.base !== source.base) throw new Error(`the base of source ${source.index} changed`);
    const next: KnownSource = {
      index: source.index,
      base: source.base,
      baseHigh: Number(source.base >> 32n),
      baseLow: Number(source.base & 0xffffffffn),
      wallOffsetMs: source.wallOffsetMs,
      newestNs: known?.newestNs ?? Number.NEGATIVE_INFINITY,
    };
    this.byIndex[source.index] = next;
    return next;
  }

  forget(isChosen: (index: number) => boolean): void {
    for (const { index } of this.byIndex.filter((source) => isChosen(source.index))) delete this.byIndex[index];
  }
}
