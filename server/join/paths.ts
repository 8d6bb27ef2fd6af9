/**
 * Joined paths as columns: one row per exchange, one typed array per field.
 * The joiner fills rows, `classify.ts` their class, the clock stage fills `guestOffset` and `bound`,
 * `layers.ts` derives durations, and aggregate, store, live and export read.
 */
import { HEAD_BYTES } from '../wire/record.ts';
import { LAYER_IDS, STATIONS } from '../wire/stations.ts';

export const STATION_COUNT = STATIONS.length;
export const LAYER_COUNT = LAYER_IDS.length;
/** client address (16), server address (16), client port, server port (2 each, host order). */
export const KEY_BYTES = 36;

export interface PathColumns {
  readonly capacity: number;
  count: number;
  /** How many pairs were made before this one, modulo 2^32: rises from row to row. */
  readonly ordinal: Uint32Array;
  /** Index into the server's VM table. */
  readonly vm: Uint16Array;
  /** `RecordSource.index` of the two records: together they name the clock of the row. */
  readonly hostSource: Uint16Array;
  readonly guestSource: Uint16Array;
  /** Interface numbers of the tap on the host and of the vNIC in the guest. */
  readonly tap: Uint32Array;
  readonly vnic: Uint32Array;
  /** Wall-clock time of the first station (ms since the epoch, fractional). */
  readonly atMs: Float64Array;
  /**
   * row × STATION_COUNT: when the first byte passed, in nanoseconds since the
   * base of the *vantage's own* clock; whole numbers; NaN where missing.
   */
  readonly first: Float64Array;
  /** The same for the last byte. */
  readonly last: Float64Array;
  /** Add to a guest time to get the host's; whole ns; NaN before a clock exists. */
  readonly guestOffset: Float64Array;
  /** Proven ± of guestOffset, ns; NaN before a clock exists. */
  readonly bound: Float64Array;
  /** Index into CLOCK_METHODS of clock-method.ts: what guestOffset rests on. */
  readonly clockMethod: Uint8Array;
  /** row × LAYER_COUNT durations in ns along LAYER_IDS; NaN where not measured. */
  readonly layers: Float64Array;
  /** First request byte to last response byte at the host NIC, ns; NaN where not measured. */
  readonly endToEnd: Float64Array;
  readonly clientRtt: Float64Array;
  /** Last response byte at nic.tx to the client's ACK of it, ns; NaN where unknown. */
  readonly acked: Float64Array;
  /** SYN to SYN-ACK at the host, ns; of a connection's first exchange, else NaN. */
  readonly connect: Float64Array;
  /** The reader runnable but without a CPU between sock.ready and app.read, ns; NaN where unknown. */
  readonly runDelay: Float64Array;
  /** What the service waited for its upstream, ns; NaN where unknown. */
  readonly upstream: Float64Array;
  /** Request and response segments seen again at the host. */
  readonly retransmitsIn: Uint32Array;
  readonly retransmitsOut: Uint32Array;
  readonly zeroWindows: Uint8Array;
  readonly synRetries: Uint8Array;
  /** Index into PROTOCOLS. */
  readonly protocol: Uint8Array;
  /** Sequence number of the request's first byte. */
  readonly requestSeq: Uint32Array;
  readonly requestBytes: Uint32Array;
  readonly responseBytes: Uint32Array;
  /** FLAGS of both records, or-ed. */
  readonly flags: Uint32Array;
  /** Index into CLASSES. */
  readonly class: Uint8Array;
  readonly status: Uint16Array;
  /** row × KEY_BYTES, as in the record. */
  readonly keys: Uint8Array;
  readonly headLength: Uint8Array;
  /** row × HEAD_BYTES of `METHOD /path`. */
  readonly heads: Uint8Array;
}

/** Empty columns for `capacity` paths. */
export function pathColumns(capacity: number): PathColumns {
  return {
    capacity,
    count: 0,
    ordinal: new Uint32Array(capacity),
    vm: new Uint16Array(capacity),
    hostSource: new Uint16Array(capacity),
    guestSource: new Uint16Array(capacity),
    tap: new Uint32Array(capacity),
    vnic: new Uint32Array(capacity),
    atMs: new Float64Array(capacity),
    first: new Float64Array(capacity * STATION_COUNT),
    last: new Float64Array(capacity * STATION_COUNT),
    guestOffset: new Float64Array(capacity).fill(Number.NaN),
    bound: new Float64Array(capacity).fill(Number.NaN),
    clockMethod: new Uint8Array(capacity),
    layers: new Float64Array(capacity * LAYER_COUNT),
    endToEnd: new Float64Array(capacity),
    clientRtt: new Float64Array(capacity),
    acked: new Float64Array(capacity).fill(Number.NaN),
    connect: new Float64Array(capacity).fill(Number.NaN),
    runDelay: new Float64Array(capacity).fill(Number.NaN),
    upstream: new Float64Array(capacity).fill(Number.NaN),
    retransmitsIn: new Uint32Array(capacity),
    retransmitsOut: new Uint32Array(capacity),
    zeroWindows: new Uint8Array(capacity),
    synRetries: new Uint8Array(capacity),
    protocol: new Uint8Array(capacity),
    requestSeq: new Uint32Array(capacity),
    requestBytes: new Uint32Array(capacity),
    responseBytes: new Uint32Array(capacity),
    flags: new Uint32Array(capacity),
    class: new Uint8Array(capacity),
    status: new Uint16Array(capacity),
    keys: new Uint8Array(capacity * KEY_BYTES),
    headLength: new Uint8Array(capacity),
    heads: new Uint8Array(capacity * HEAD_BYTES),
  };
}
