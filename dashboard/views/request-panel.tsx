import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PathView } from '../../server/wire/views.ts';
import { duration, formatBytes, formatCount, formatDuration, formatTime } from '../format.ts';
import { CLASS_WORDS, labelsOf, requestName } from '../labels.ts';
import { closePath, openPath } from '../state.ts';
import { Labels } from './labels.tsx';
import { Num } from './num.tsx';
import { WaterfallTable } from './waterfall-table.tsx';
import './request-panel.css';

/** The request that was chosen from the list; it stays as it was, whatever the list goes on to. */
export function RequestPanel() {
  const path = openPath.value;
  return path === null ? null : <Opened key={path.id} path={path} />;
}

function Opened({ path }: { path: PathView }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section class="panel" id="request" aria-labelledby="request-title">
      <h2 id="request-title" ref={title} tabIndex={-1}>
        <span class="clipped request-name">{requestName(path)}</span>
        <span>
          <Labels of={labelsOf(path)} />
        </span>
        <span class="headline">
          <Num of={duration(path.endToEndNs)} />
        </span>
        <button type="button" class="control close" onClick={closePath}>
          ✕ Close
        </button>
      </h2>
      {path.class !== 'request' && (
        <p class="fine">
          Not in percentiles, its class is {path.class}: {CLASS_WORDS[path.class].title}.
        </p>
      )}
      <div class="request-body">
        <div class="fall">
          <WaterfallTable path={path} />
        </div>
        <Facts path={path} />
      </div>
    </section>
  );
}

type FactRow = [name: string, value: ComponentChildren, title?: string];

function Facts({ path }: { path: PathView }) {
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
    ['Time', formatTime(path.atMs, true)],
    ['Client', `${client.address}:${client.port}`],
    ['Server', `${server.address}:${server.port}`],
    ['Status', path.status === 0 ? 'not read' : path.status],
    ['Bytes', `${formatBytes(path.requestBytes)} in, ${formatBytes(path.responseBytes)} out`],
  ];
}

const unless = (ns: number | null, words: string): string => (ns === null ? words : formatDuration(ns));

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
