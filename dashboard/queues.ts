/** Every queue that can lose, in words: what waits in it, and what helps where it overflows. */

export interface Queue {
  /** What is lost when it is full. */
  holds: string;
  /** What a person can do. */
  remedy: string;
}

const AGENTS: Record<string, Queue> = {
  'ring.full': {
    holds: 'records in the kernel, until the agent reads them',
    remedy: 'give the agent a larger --ring, or its machine more CPU',
  },
  'flow.full': {
    holds: 'exchanges that are under way in the kernel',
    remedy: 'fewer connections than the table holds: name the service ports with --port',
  },
  'uplink.buffer': {
    holds: 'records that the server has not acknowledged',
    remedy: 'look why the server was away or slow; a larger --buffer bridges more',
  },
  'accesslog.away': {
    holds: 'lines of the access log for a server that is away',
    remedy: 'look why the server was away; paths stay, without what the line would have told',
  },
};

const SERVER: Record<string, Queue> = {
  'join.evicted': {
    holds: 'records that wait for their partner of the other vantage',
    remedy: 'look at Unmatched: one vantage sends what the other does not see',
  },
  'join.overflow': {
    holds: 'joined paths on their way to the store',
    remedy: 'the store does not keep up: a faster disk, or more CPU for the server',
  },
  'join.malformed': {
    holds: 'records that make no sense',
    remedy: 'agent and server of one version; else please report it, with the counters of this page',
  },
  'store.lost': {
    holds: 'paths that could not be written',
    remedy: 'look at the disk of --store: full, read-only, gone? The server’s log says',
  },
  'live.skipped': {
    holds: 'messages for a page that is slow; it gets a fresh start later',
    remedy: 'close pages that nobody looks at; nothing is lost for good',
  },
  'otel.queue': {
    holds: 'paths on their way to your OTLP backend',
    remedy: 'look whether the backend keeps up; a lower OTEL_TRACES_SAMPLER_ARG sends fewer',
  },
  'otel.spans.failed': {
    holds: 'spans that your OTLP backend did not take',
    remedy: 'look at OTEL_EXPORTER_OTLP_ENDPOINT and the backend’s log',
  },
  'otel.metrics.failed': {
    holds: 'metrics that your OTLP backend did not take',
    remedy: 'look at OTEL_EXPORTER_OTLP_ENDPOINT and the backend’s log',
  },
  'notify.full': {
    holds: 'alerts that a receiver has not taken yet',
    remedy: 'see who is told of alerts: one of them has been away for long',
  },
  'page.malformed': {
    holds: 'messages that this page did not understand',
    remedy: 'reload the page: the server may be of another version',
  },
};

const UNKNOWN: Queue = { holds: 'not described here', remedy: 'see the server’s log' };

/** @param name as in `Health.drops`: `host.ring.full`, `join.evicted` */
export function queueOf(name: string): Queue {
  return SERVER[name] ?? AGENTS[name.replace(/^(host|guest)\./, '')] ?? UNKNOWN;
}
