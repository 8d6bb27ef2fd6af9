/** What span and metric exporters of OpenTelemetry have in common. */
interface Exporter<Batch> {
  export(batch: Batch, done: (result: { code: number; error?: Error }) => void): void;
}

/** ExportResultCode.SUCCESS of the OpenTelemetry core. */
const SUCCESS = 0;

/** Watches one exporter: how much waits, what arrived, and says so when the endpoint goes or comes back. */
export class ExportWatch {
  /** Spans made and not settled yet. */
  pending = 0;
  private failing = false;
  private readonly name: string;
  private readonly log: { info(message: string): void; warn(message: string): void };

  constructor(name: string, log: ExportWatch['log']) {
    this.name = name;
    this.log = log;
  }

  /** The same exporter; each batch's fate is reported once. */
  over<Batch, E extends Exporter<Batch>>(
    exporter: E & Exporter<Batch>,
    size: (batch: Batch) => number,
    settled: (items: number, ok: boolean) => void,
  ): E {
    const send = exporter.export.bind(exporter);
    exporter.export = (batch, done) => {
      const items = size(batch);
      send(batch, (result) => {
        this.pending = Math.max(0, this.pending - items);
        const ok = result.code === SUCCESS;
        settled(items, ok);
        this.say(ok, result.error);
        done(result);
      });
    };
    return exporter;
  }

  private say(ok: boolean, error: Error | undefined): void {
    if (ok && this.failing) this.log.info(`otel: ${this.name} arrive again`);
    if (!ok && !this.failing) {
      this.log.warn(
        `otel: ${this.name} failed: ${error?.message ?? 'no reason given'}. Check OTEL_EXPORTER_OTLP_ENDPOINT and the receiver; losses are counted.`,
      );
    }
    this.failing = !ok;
  }
}
