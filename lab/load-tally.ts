/** What a generator measured, over one schedule or over several of the same kind. */
import type { LoadSummary } from '../server/wire/views.ts';
import { Samples } from './samples.ts';

type Q = number | null;

export class LoadTally {
  /** ns, of every answer. */
  readonly fromDue = new Samples();
  readonly fromSend = new Samples();
  /** ns, of every request. */
  readonly lateness = new Samples();
  #sent = 0;
  #answered = 0;
  #errors = 0;
  #durationS = 0;

  /** A schedule is over. */
  add({ sent, answered, errors }: { sent: number; answered: number; errors: number }, durationS: number): void {
    this.#sent += sent;
    this.#answered += answered;
    this.#errors += errors;
    this.#durationS += durationS;
  }

  summary({ rate, path, connections }: { rate: number; path: string; connections: number | null }): LoadSummary {
    const [p50, p90, p99, p999] = this.fromDue.quantiles([0.5, 0.9, 0.99, 0.999]) as [Q, Q, Q, Q];
    const [sendP50, sendP99] = this.fromSend.quantiles([0.5, 0.99]) as [Q, Q];
    const [lateP50, lateP99] = this.lateness.quantiles([0.5, 0.99]) as [Q, Q];
    return {
      rate,
      durationS: this.#durationS,
      connections: connections ?? 0,
      path,
      sent: this.#sent,
      answered: this.#answered,
      errors: this.#errors,
      ...{ p50, p90, p99, p999 },
      fromSend: { p50: sendP50, p99: sendP99 },
      lateness: { p50: lateP50, p99: lateP99, max: Number.isNaN(this.lateness.max) ? null : this.lateness.max },
    };
  }
}
