/** What can be taken away from exchanges: tables for other programs, a filter for tcpdump, an address of a trace. Pure. */

import type { TRACE_WORDS } from '../server/wire/settings.ts';
import { LAYER_IDS } from '../server/wire/stations.ts';
import type { PathView, Summary } from '../server/wire/views.ts';
import { type Cell, csv } from './csv.ts';
import { waterfall } from './waterfall.ts';
import { againstRun } from './why-slow.ts';

/** A row for each exchange, ns as the API tells them. */
export function exchangesCsv(paths: readonly PathView[]): string {
  const layers = LAYER_IDS.map((layer) => `${layer.replaceAll('.', '_')}_ns`);
  const head = [
    ...['id', 'at', 'vm', 'client', 'client_port', 'server', 'server_port', 'method', 'path', 'status'],
    ...['class', 'flags', 'request_bytes', 'response_bytes', 'end_to_end_ns', 'bound_ns', ...layers],
  ];
  return csv([head, ...paths.map(exchangeRow)]);
}

function exchangeRow(path: PathView): Cell[] {
  const { client, server } = path;
  return [
    ...[path.id, new Date(path.atMs).toISOString(), path.vm, client.address, client.port, server.address, server.port],
    ...[path.method, path.path, path.status, path.class, path.flags.join(' '), path.requestBytes, path.responseBytes],
    ...[path.endToEndNs, path.boundNs],
    ...LAYER_IDS.map((layer) => path.layers.find((l) => l.layer === layer)?.ns ?? null),
  ];
}

/** The waterfall of one exchange, with the run's medians where they are known. */
export function waterfallCsv(path: PathView, summary: Summary | null): string {
  const medians = new Map(summary === null ? [] : againstRun(path, summary).map((row) => [row.layer as string, row]));
  const head = ['layer', 'part_of', 'begins_ns', 'ns', 'bound_ns', 'run_median_ns', 'more_ns'];
  const rows = waterfall(path).bars.map(({ layer, of, place, fromNs, ns, boundNs }) => {
    const against = medians.get(layer);
    const begins = place === 'exact' ? fromNs : null;
    return [layer, of, begins, ns, boundNs, against?.medianNs ?? null, against?.moreNs ?? null];
  });
  return csv([head, ...rows]);
}

/** What shows this connection, and nothing else, in both directions. */
export function tcpdumpFilter({ client, server }: Pick<PathView, 'client' | 'server'>): string {
  const way = (from: PathView['client'], to: PathView['client']) =>
    `(src host ${from.address} and src port ${from.port} and dst host ${to.address} and dst port ${to.port})`;
  return `tcp and (${way(client, server)} or ${way(server, client)})`;
}

/** Around an exchange: the two ends of a trace's clock and of ours need not agree. */
const MARGIN_MS = 1_000;

/** @param template as `--trace-url` has it */
export function traceAddress(template: string, path: PathView): string {
  const words: Record<(typeof TRACE_WORDS)[number], Cell> = {
    run: path.run,
    vm: path.vm,
    client: path.client.address,
    clientPort: path.client.port,
    server: path.server.address,
    serverPort: path.server.port,
    fromMs: Math.floor(path.atMs - MARGIN_MS),
    toMs: Math.ceil(path.atMs + (path.endToEndNs ?? 0) / 1e6 + MARGIN_MS),
  };
  return template.replace(/\{(\w+)\}/g, (_, word) => encodeURIComponent(String(words[word as keyof typeof words])));
}
