import { type Attributes, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { missingStations } from '../join/layers.ts';
import { LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import { CLASSES, flagNames, PROTOCOLS } from '../wire/record.ts';
import { DETAILS, LAYER_IDS, LAYERS, stationIndex } from '../wire/stations.ts';
import { exchangeAttributes, spanName } from './http-attributes.ts';
import { hostSpanNs, hostTimeNs, hrTime, wallNs } from './path-times.ts';

/** What a row does not carry itself. */
export interface PathContext {
  readonly run: string;
  /** `vmNames[columns.vm[row]]` names the VM. */
  readonly vmNames: readonly string[];
}

const PLACED_LAYERS = LAYERS.map((layer) => ({
  ...layer,
  column: LAYER_IDS.indexOf(layer.layer),
  fromIndex: stationIndex(layer.from),
  // A part has a length and no place in time: an attribute of its layer's span, no span of its own.
  parts: DETAILS.filter((d) => d.of === layer.layer).map((d) => ({
    attribute: `hopscope.part.${d.layer}_ns`,
    column: LAYER_IDS.indexOf(d.layer),
  })),
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
  const known = exchangeAttributes(columns, row);
  const root = tracer.startSpan(
    spanName(known),
    {
      kind: SpanKind.SERVER,
      startTime: at(whole.startNs),
      attributes: { ...known, ...ownAttributes(columns, row, context, layers), 'hopscope.chosen': why },
    },
    ROOT_CONTEXT,
  );
  if (known[ATTR_ERROR_TYPE] !== undefined) root.setStatus({ code: SpanStatusCode.ERROR });
  const parent = trace.setSpan(ROOT_CONTEXT, root);
  for (const { layer, startNs, endNs } of layers) {
    const attributes = layerAttributes(layer, columns, row);
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

function layerAttributes(layer: LayerSpan['layer'], columns: PathColumns, row: number): Attributes {
  const bound = columns.bound[row] as number;
  const parts = layer.parts.map(({ attribute, column }) => [attribute, columns.layers[row * LAYER_COUNT + column]]);
  return {
    'hopscope.layer': layer.layer,
    'hopscope.place': layer.place,
    'hopscope.station.from': layer.from,
    'hopscope.station.to': layer.to,
    ...(layer.clock === 'crosses' && !Number.isNaN(bound) ? { 'hopscope.bound_ns': bound } : {}),
    ...Object.fromEntries(parts.filter(([, ns]) => !Number.isNaN(ns))),
  };
}

function ownAttributes(columns: PathColumns, row: number, context: PathContext, layers: LayerSpan[]): Attributes {
  const have = new Set(layers.map((span) => span.layer.layer));
  const missing = missingStations(columns, row);
  const unmeasured = LAYERS.map((l) => l.layer).filter((id) => !have.has(id));
  const flags = flagNames(columns.flags[row] as number);
  const bound = columns.bound[row] as number;
  return {
    'hopscope.run': context.run,
    'hopscope.vm': context.vmNames[columns.vm[row] as number] ?? '',
    'hopscope.class': CLASSES[columns.class[row] as number] ?? 'request',
    'hopscope.protocol': PROTOCOLS[columns.protocol[row] as number] ?? 'unknown',
    'hopscope.request.bytes': columns.requestBytes[row] as number,
    'hopscope.response.bytes': columns.responseBytes[row] as number,
    ...(missing.length > 0 ? { 'hopscope.missing': missing } : {}),
    ...(unmeasured.length > 0 ? { 'hopscope.unmeasured': unmeasured } : {}),
    ...(flags.length > 0 ? { 'hopscope.flags': flags } : {}),
    ...(Number.isNaN(bound) ? {} : { 'hopscope.bound_ns': bound }),
    ...tcpAttributes(columns, row),
  };
}

/** What TCP did; what it did not do, and what is not known, is left out. */
function tcpAttributes(columns: PathColumns, row: number): Attributes {
  const facts = {
    'hopscope.client.rtt_ns': columns.clientRtt[row] as number,
    'hopscope.tcp.acked_ns': columns.acked[row] as number,
    'hopscope.tcp.connect_ns': columns.connect[row] as number,
    'hopscope.tcp.retransmits_in': columns.retransmitsIn[row] as number,
    'hopscope.tcp.retransmits_out': columns.retransmitsOut[row] as number,
    'hopscope.tcp.zero_windows': columns.zeroWindows[row] as number,
    'hopscope.tcp.syn_retries': columns.synRetries[row] as number,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value > 0));
}
