/** Writes the Prometheus text format (version 0.0.4). Names and help are the caller's; promtool checks the result. */
export type Labels = Readonly<Record<string, string>>;

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

export interface Sample {
  labels: Labels;
  value: number;
}
/** Cumulative counts at rising upper bounds; the last bound (+Inf) is `count`. */
export interface HistogramSample {
  labels: Labels;
  bounds: readonly number[];
  cumulative: readonly number[];
  sum: number;
  count: number;
}

export class MetricsText {
  readonly #lines: string[] = [];

  /** A family without samples is left out. */
  family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    this.#head(name, type, help);
    for (const { labels, value } of samples) this.#lines.push(`${name}${labelText(labels)} ${value}`);
  }

  histogram(name: string, help: string, samples: readonly HistogramSample[]): void {
    if (samples.length === 0) return;
    this.#head(name, 'histogram', help);
    for (const sample of samples) this.#histogramLines(name, sample);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #head(name: string, type: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  #histogramLines(name: string, { labels, bounds, cumulative, sum, count }: HistogramSample): void {
    bounds.forEach((bound, i) => {
      this.#lines.push(`${name}_bucket${labelText({ ...labels, le: String(bound) })} ${cumulative[i]}`);
    });
    this.#lines.push(`${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`);
    this.#lines.push(`${name}_sum${labelText(labels)} ${sum}`, `${name}_count${labelText(labels)} ${count}`);
  }
}
