/** Why a path is exported, or why not. */
export type Verdict = 'sample' | 'slow' | 'skipped' | 'limited';

export interface PathSamplerOptions {
  /** Uniform share of all paths, 0..1. */
  readonly share: number;
  /** Most sampled paths of one second. */
  readonly samplesPerSecond?: number;
  /** Most slow paths of one second, beside the sampled ones. */
  readonly slowPerSecond?: number;
  /** 0 ≤ random() < 1. */
  readonly random?: () => number;
}

/** At most `perSecond` takes in any second of the paths' own time; a straggler counts to the newest second seen. */
class SecondLimit {
  readonly perSecond: number;
  private second = Number.NEGATIVE_INFINITY;
  private taken = 0;

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  take(atMs: number): boolean {
    const second = Math.floor(atMs / 1000);
    if (second > this.second) {
      this.second = second;
      this.taken = 0;
    }
    if (this.taken >= this.perSecond) return false;
    this.taken++;
    return true;
  }
}

/**
 * Chooses paths: a uniform share, unbiased by latency, and the outliers that a
 * person looks for. Both are bounded, so that load cannot flood the receiver.
 */
export class PathSampler {
  private readonly share: number;
  private readonly random: () => number;
  private readonly samples: SecondLimit;
  private readonly slow: SecondLimit;

  constructor(options: PathSamplerOptions) {
    this.share = options.share;
    this.random = options.random ?? Math.random;
    this.samples = new SecondLimit(options.samplesPerSecond ?? 50);
    this.slow = new SecondLimit(options.slowPerSecond ?? 10);
  }

  /**
   * @param atMs wall clock of the path, ms
   * @param endToEndNs NaN where not measured
   * @param slowNs paths slower than this are outliers; null while that is not known
   */
  decide(atMs: number, endToEndNs: number, slowNs: number | null): Verdict {
    const sampled = this.random() < this.share;
    if (sampled && this.samples.take(atMs)) return 'sample';
    if (slowNs !== null && endToEndNs > slowNs) return this.slow.take(atMs) ? 'slow' : 'limited';
    return sampled ? 'limited' : 'skipped';
  }
}
