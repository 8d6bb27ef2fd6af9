import { type Attributes, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_CLIENT_PORT,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_NETWORK_TRANSPORT,
  ATTR_NETWORK_TYPE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import { missingStations } from '../join/layers.ts';
import { KEY_BYTES, LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import { addressText, FLAGS, flagNames, HEAD_BYTES, headText } from '../wire/record.ts';
import { LAYER_IDS, LAYERS, stationIndex } from '../wire/stations.ts';
import { hostSpanNs, hostTimeNs, hrTime, wallNs } from './path-times.ts';

/** What a row does not carry itself. */
export interface PathContext {
  readonly run: string;
  /** `vmNames[columns.vm[row]]` names the VM. */
  readonly vmNames: readonly string[];
}

/** The methods that the HTTP conventions allow as values; any other is `_OTHER`. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'];
const PLACED_LAYERS = LAYERS.map((layer) => ({
  ...layer,
  column: LAYER_IDS.indexOf(layer.layer),
  fromIndex: stationIndex(layer.from),
}));

/** Spans that {@link exportPath} makes at most, for queue accounting. */
export const MAX_SPANS = 1 + PLACED_LAYERS.length;

interface LayerSpan {
  layer: (typeof PLACED_LAYERS)[number];
  startNs: number;
  endNs: number;
}

/**
 * One server span for the exchange and a child for each layer that was
 * measured and has a place on the host's timeline; what is missing is named.
 * @param why `sample` is unbiased by latency, `slow` is not: statistics need to tell them apart
 * @returns the number of spans, 0 when nothing had a place
 */
export function exportPath(
  tracer: Tracer,
  columns: PathColumns,
  row: number,
  context: PathContext,
  why: 'sample' | 'slow',
): number {
  const whole = hostSpanNs(columns, row);
  if (whole === null) return 0;
  const base = wallNs(columns.atMs[row] as number);
  const at = (ns: number) => hrTime(base + BigInt(ns - whole.startNs));
  const layers = layerSpans(columns, row);
  const http = httpAttributes(columns, row);
  const method = http[ATTR_HTTP_REQUEST_METHOD];
  const root = tracer.startSpan(
    // No route is known from outside the server, so the name is the method alone: low cardinality.
    method === '_OTHER' ? 'HTTP' : String(method),
    {
      kind: SpanKind.SERVER,
      startTime: at(whole.startNs),
      attributes: { ...http, ...ownAttributes(columns, row, context, layers), 'hopscope.chosen': why },
    },
    ROOT_CONTEXT,
  );
  if (http[ATTR_ERROR_TYPE] !== undefined) root.setStatus({ code: SpanStatusCode.ERROR });
  const parent = trace.setSpan(ROOT_CONTEXT, root);
  for (const { layer, startNs, endNs } of layers) {
    const attributes = layerAttributes(layer, columns.bound[row] as number);
    tracer.startSpan(layer.layer, { startTime: at(startNs), attributes }, parent).end(at(endNs));
  }
  root.end(at(whole.endNs));
  return 1 + layers.length;
}

/** The end is start + the derived duration: child spans are as exact as the layers themselves. */
function layerSpans(columns: PathColumns, row: number): LayerSpan[] {
  const spans: LayerSpan[] = [];
  for (const layer of PLACED_LAYERS) {
    const startNs = hostTimeNs(columns, row, layer.fromIndex, 'first');
    const endNs = startNs + (columns.layers[row * LAYER_COUNT + layer.column] as number);
    if (!Number.isNaN(endNs)) spans.push({ layer, startNs, endNs });
  }
  return spans;
}

function layerAttributes(layer: LayerSpan['layer'], bound: number): Attributes {
  return {
    'hopscope.layer': layer.layer,
    'hopscope.place': layer.place,
    'hopscope.station.from': layer.from,
    'hopscope.station.to': layer.to,
    ...(layer.clock === 'crosses' && !Number.isNaN(bound) ? { 'hopscope.bound_ns': bound } : {}),
  };
}

function ownAttributes(columns: PathColumns, row: number, context: PathContext, layers: LayerSpan[]): Attributes {
  const have = new Set(layers.map((span) => span.layer.layer));
  const missing = missingStations(columns, row);
  const unmeasured = LAYERS.map((l) => l.layer).filter((id) => !have.has(id));
  const flags = flagNames(columns.flags[row] as number);
  const bound = columns.bound[row] as number;
  const rtt = columns.clientRtt[row] as number;
  return {
    'hopscope.run': context.run,
    'hopscope.vm': context.vmNames[columns.vm[row] as number] ?? '',
    'hopscope.request.bytes': columns.requestBytes[row] as number,
    'hopscope.response.bytes': columns.responseBytes[row] as number,
    ...(missing.length > 0 ? { 'hopscope.missing': missing } : {}),
    ...(unmeasured.length > 0 ? { 'hopscope.unmeasured': unmeasured } : {}),
    ...(flags.length > 0 ? { 'hopscope.flags': flags } : {}),
    ...(Number.isNaN(bound) ? {} : { 'hopscope.bound_ns': bound }),
    ...(rtt > 0 ? { 'hopscope.client.rtt_ns': rtt } : {}),
  };
}

/** HTTP semantic conventions 1.45, server side. */
function httpAttributes(columns: PathColumns, row: number): Attributes {
  const key = row * KEY_BYTES;
  const head = headText(columns.heads, row * HEAD_BYTES, columns.headLength[row] as number);
  const status = columns.status[row] as number;
  const ports = new DataView(columns.keys.buffer, columns.keys.byteOffset + key + 32, 4);
  const known = METHODS.includes(head.method);
  return {
    [ATTR_HTTP_REQUEST_METHOD]: known ? head.method : '_OTHER',
    ...(known || head.method === '' ? {} : { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: head.method }),
    ...(head.path === '' ? {} : { [ATTR_URL_PATH]: head.path }),
    [ATTR_URL_SCHEME]: 'http',
    ...(status === 0 ? {} : { [ATTR_HTTP_RESPONSE_STATUS_CODE]: status }),
    ...(status >= 500 ? { [ATTR_ERROR_TYPE]: String(status) } : {}),
    [ATTR_CLIENT_ADDRESS]: addressText(columns.keys, key),
    [ATTR_CLIENT_PORT]: ports.getUint16(0, true),
    [ATTR_SERVER_ADDRESS]: addressText(columns.keys, key + 16),
    [ATTR_SERVER_PORT]: ports.getUint16(2, true),
    [ATTR_NETWORK_TRANSPORT]: 'tcp',
    [ATTR_NETWORK_TYPE]: ((columns.flags[row] as number) & FLAGS.ipv4) === 0 ? 'ipv6' : 'ipv4',
    [ATTR_NETWORK_PROTOCOL_NAME]: 'http',
  };
}
