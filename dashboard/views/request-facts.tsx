import type { ComponentChildren } from 'preact';
import type { PathView } from '../../server/wire/views.ts';
import { exactDuration, formatBytes, formatCount, formatDuration, formatTime } from '../format.ts';
import './request-facts.css';

type FactRow = [name: string, value: ComponentChildren, title?: string];

/** One request beside its times: who asked whom, what TCP did under it, what its clock is known by. */
export function RequestFacts({ path }: { path: PathView }) {
  return (
    <dl class="facts">
      {[...exchangeRows(path), ...tcpRows(path), ...clockRows(path)].map(([name, value, title]) => (
        <div key={name} title={title} data-fact={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function exchangeRows(path: PathView): FactRow[] {
  const { client, server } = path;
  return [
    ['Time', formatTime(path.atMs, true), new Date(path.atMs).toString()],
    ['Client', `${client.address}:${client.port}`],
    ['Server', `${server.address}:${server.port}`],
    ['Status', path.status === 0 ? 'not read' : path.status],
    ['Bytes', `${formatBytes(path.requestBytes)} in, ${formatBytes(path.responseBytes)} out`],
  ];
}

const unless = (ns: number | null, words: string): ComponentChildren =>
  ns === null ? words : <span title={exactDuration(ns)}>{formatDuration(ns)}</span>;

function tcpRows({ tcp, clientRttNs }: PathView): FactRow[] {
  return [
    ['RTT', unless(clientRttNs, 'not seen'), 'smallest round trip to the client that its packets showed, estimated'],
    ['Last ACK', unless(tcp.ackedNs, 'not seen'), 'last response byte at nic.tx to the client’s ACK of it'],
    ['Connect', unless(tcp.connectNs, 'not its first'), 'SYN to SYN-ACK; told of a connection’s first exchange'],
    ['SYN retries', tcp.synRetries === null ? 'not its first' : formatCount(tcp.synRetries)],
    ['Retransmits', `${formatCount(tcp.retransmitsIn)} in, ${formatCount(tcp.retransmitsOut)} out`],
    ['Zero windows', formatCount(tcp.zeroWindows), 'times that either side closed its receive window'],
  ];
}

const METHODS: Record<PathView['clock']['method'], string> = {
  causality: 'the fit over the traffic’s causality',
  'own causality': 'what this request alone proves, where that is more than the fit',
  gap: 'none: a clock stepped within this request',
  none: 'none yet',
};

function clockRows({ clock }: PathView): FactRow[] {
  return [
    ['Clock', clock.method, METHODS[clock.method]],
    [
      'Guest + offset',
      unless(clock.offsetNs, 'unknown'),
      'corrected guest time = raw guest time + this, less their zeros',
    ],
    ['± bound', unless(clock.boundNs, 'unknown'), 'proven error of that, and of vnic.in and vnic.out'],
  ];
}
