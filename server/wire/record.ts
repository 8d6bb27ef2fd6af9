/**
 * The record's bytes: agent/bpf/record.h seen from TypeScript. Little-endian,
 * fixed size; a record is written once, in the kernel, and read once, here.
 */

export const RECORD_BYTES = 280;
export const RECORD_WORDS = RECORD_BYTES / 4;
export const RECORD_STATIONS = 7;
export const HEAD_BYTES = 72;

/** Byte offset of each field of `struct hop_record`. */
export const RECORD_OFFSETS = {
  first: 0,
  last: 56,
  client: 112,
  server: 128,
  client_port: 144,
  server_port: 146,
  request_seq: 148,
  response_seq: 152,
  request_bytes: 156,
  response_bytes: 160,
  ifindex: 164,
  rtt_ns: 168,
  flags: 172,
  task: 176,
  acked_ns: 180,
  connect_ns: 184,
  run_delay_ns: 188,
  retransmits_in: 192,
  retransmits_out: 196,
  zero_windows: 200,
  syn_retries: 201,
  protocol: 202,
  responses: 203,
  status: 204,
  vantage: 206,
  head_len: 207,
  head: 208,
} as const;

export const VANTAGE = { host: 1, guest: 2 } as const;

export const FLAGS = {
  retransmit: 1,
  midstream: 2,
  reset: 4,
  overlap: 8,
  ipv4: 16,
  closed: 32,
  interim: 64,
  pipelined: 128,
  upgraded: 256,
  continued: 512,
  local: 1024,
  tls_hello: 2048,
  ran: 4096,
} as const;
export type FlagName = keyof typeof FLAGS;

/** Marks for the server, not for people. */
const MARKS: readonly FlagName[] = ['ipv4', 'ran'];

/** Names of the flags set in `bits`, for people. */
export function flagNames(bits: number): FlagName[] {
  return (Object.keys(FLAGS) as FlagName[]).filter((f) => !MARKS.includes(f) && (bits & FLAGS[f]) !== 0);
}

/** `enum hop_protocol`, by number. */
export const PROTOCOLS = ['unknown', 'http/1', 'http/2', 'tls', 'other'] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];

/**
 * What an exchange counts as. Only `request` enters percentiles: one exchange
 * cannot be told from another in `multiplexed`, a `stream` has no end to wait
 * for, a `handshake` asks for nothing.
 */
export const CLASSES = ['request', 'multiplexed', 'stream', 'handshake'] as const;
export type ExchangeClass = (typeof CLASSES)[number];

/** Class of an exchange with these FLAGS and this index into PROTOCOLS. */
export function exchangeClass(flags: number, protocol: number): ExchangeClass {
  if (flags & FLAGS.tls_hello) return 'handshake';
  if (flags & FLAGS.upgraded) return 'stream';
  if (flags & (FLAGS.overlap | FLAGS.pipelined) || PROTOCOLS[protocol] === 'http/2') return 'multiplexed';
  if (flags & FLAGS.continued) return 'stream';
  return 'request';
}

/**
 * A stamp as a number of nanoseconds since `base`: exact while the two are
 * less than 2^53 ns (104 days) apart, so rebase per boot, not to zero.
 * @param words the record as 32-bit words; @param at word index of the stamp
 * @returns NaN where the station is missing (0 in the record)
 */
export function stampSince(words: Uint32Array, at: number, baseHigh: number, baseLow: number): number {
  const low = words[at] as number;
  const high = words[at + 1] as number;
  if (low === 0 && high === 0) return Number.NaN;
  return (high - baseHigh) * 4294967296 + (low - baseLow);
}

/** `METHOD` and `path` of a record's head; empty strings where nothing was parsed. */
export function headText(bytes: Uint8Array, at: number, length: number): { method: string; path: string } {
  const text = String.fromCharCode(...bytes.subarray(at, at + Math.min(length, HEAD_BYTES)));
  const space = text.indexOf(' ');
  return space < 0 ? { method: '', path: '' } : { method: text.slice(0, space), path: text.slice(space + 1) };
}
