/** What a request is marked with, in words: its class, its protocol, what happened on its way. */
import type { ExchangeClass, FlagName, ProtocolName } from '../server/wire/record.ts';
import type { PathView } from '../server/wire/views.ts';

export interface Label {
  text: string;
  /** What it means, for those who do not know. */
  title: string;
  tone: 'plain' | 'warn';
}

/** More than one of a class, and why it counts as its own. */
export const CLASS_WORDS: Record<ExchangeClass, { many: string; title: string }> = {
  request: { many: 'requests', title: 'one request and its response: what percentiles are made of' },
  multiplexed: {
    many: 'multiplexed',
    title: 'several exchanges were under way on the connection at once, and one cannot be told from another',
  },
  stream: {
    many: 'streams',
    title: 'an upgraded connection, a long poll or a response that paused: no end to wait for',
  },
  handshake: { many: 'handshakes', title: 'a TLS handshake: nothing was asked for yet' },
};

const PROTOCOL_LABELS: Partial<Record<ProtocolName, Label>> = {
  'http/1': { text: 'HTTP/1', title: 'requests follow each other on the connection', tone: 'plain' },
  'http/2': { text: 'HTTP/2', title: 'timed on the connection; streams are not told apart', tone: 'plain' },
  tls: { text: 'TLS', title: 'timed without decrypting: method, path and status are not known', tone: 'plain' },
  other: { text: 'not HTTP', title: 'the first bytes of the connection are neither HTTP nor TLS', tone: 'plain' },
};

const FLAG_LABELS: Partial<Record<FlagName, Label>> = {
  retransmit: { text: 'retransmit', title: 'a segment was seen again: it or its ACK was lost or late', tone: 'warn' },
  reset: { text: 'reset', title: 'the connection was ended by a RST', tone: 'warn' },
  midstream: { text: 'midstream', title: 'its connection was open before Hopscope was attached', tone: 'plain' },
  overlap: { text: 'overlap', title: 'a new request began before this response had ended', tone: 'plain' },
  closed: { text: 'last', title: 'the last exchange of its connection', tone: 'plain' },
  interim: {
    text: '1xx first',
    title: 'an interim response, such as 100 Continue, went before the final one',
    tone: 'plain',
  },
  pipelined: {
    text: 'pipelined',
    title: 'requests came together: the responses share one stretch of time',
    tone: 'plain',
  },
  upgraded: { text: 'upgraded', title: 'its connection had left HTTP/1 by a 101, as for a WebSocket', tone: 'plain' },
  continued: { text: 'continued', title: 'its response paused, was told as it was, and then went on', tone: 'warn' },
  local: { text: 'local', title: 'it came in behind the uplink: from another VM or from the host', tone: 'plain' },
  tls_hello: { text: 'TLS hello', title: 'a TLS handshake, or what came with it', tone: 'plain' },
};

/** Class, protocol and flags, in this order; an ordinary request has its protocol only. */
export function labelsOf({ class: name, protocol, flags }: PathView): Label[] {
  const own: Label[] = name === 'request' ? [] : [{ text: name, title: CLASS_WORDS[name].title, tone: 'warn' }];
  const spoken = PROTOCOL_LABELS[protocol];
  const happened = flags.map(
    (flag) => FLAG_LABELS[flag as FlagName] ?? { text: flag, title: '', tone: 'plain' as const },
  );
  return [...own, ...(spoken === undefined ? [] : [spoken]), ...happened];
}

/** What is worth its room in a list: what is not usual. */
export function unusualLabels(path: PathView): Label[] {
  const usual = ['HTTP/1', 'last', 'midstream'];
  return labelsOf(path).filter(({ text }) => !usual.includes(text));
}

/** `GET /index.html`, or what is known where the payload was not read. */
export function requestName({ method, path, protocol, class: name }: PathView): string {
  if (method !== '') return `${method} ${path}`;
  if (name === 'handshake') return 'TLS handshake';
  if (protocol === 'tls') return 'encrypted exchange';
  return 'exchange, payload not read';
}
