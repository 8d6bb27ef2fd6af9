/** OTel base-2 exponential buckets: counts[k] holds (2^((offset+k)/2^scale), 2^((offset+k+1)/2^scale)]. */
export interface Buckets {
  scale: number;
  offset: number;
  counts: number[];
  zeroCount: number;
  sum: number;
  min: number | null;
  max: number | null;
}
export class ExponentialHistogram {
  readonly scale: number;
  count = 0;
  zeroCount = 0;
  constructor(scale = 7) {
    this.scale = scale;
  }
  record(_ns: number): void {
    throw new Error('in work');
  }
  merge(_other: ExponentialHistogram): void {
    throw new Error('in work');
  }
  quantile(_q: number): number | null {
    throw new Error('in work');
  }
  get sum(): number {
    throw new Error('in work');
  }
  get mean(): number | null {
    throw new Error('in work');
  }
  get min(): number | null {
    throw new Error('in work');
  }
  get max(): number | null {
    throw new Error('in work');
  }
  toBuckets(): Buckets {
    throw new Error('in work');
  }
  static fromBuckets(_buckets: Buckets): ExponentialHistogram {
    throw new Error('in work');
  }
}
