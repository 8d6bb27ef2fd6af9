/** One exchange as Chrome's trace format, which Perfetto, chrome://tracing and speedscope open. Pure. */
import { LAYERS } from '../server/wire/stations.ts';
import type { PathView } from '../server/wire/views.ts';
import { requestName } from './labels.ts';
import { type Bar, waterfall } from './waterfall.ts';

interface TraceEvent {
  name: string;
  /** `X` is a stretch, `i` a moment, `M` names a process. */
  ph: 'X' | 'i' | 'M';
  pid: number;
  tid: number;
  /** µs after the beginning of the trace. */
  ts?: number;
  dur?: number;
  /** Of a moment: it belongs to its thread. */
  s?: 't';
  args?: Record<string, unknown>;
}

export interface ChromeTrace {
  displayTimeUnit: 'ns';
  otherData: Record<string, string | number | null>;
  traceEvents: TraceEvent[];
}

/** Each clock is a process of the trace; what crosses has one of its own, as it is known to ± bound only. */
const PROCESSES = { host: 1, guest: 2, crosses: 3 } as const;

export function chromeTrace(path: PathView): ChromeTrace {
  const { bars } = waterfall(path);
  return {
    displayTimeUnit: 'ns',
    otherData: {
      request: requestName(path),
      id: path.id,
      run: path.run,
      vm: path.vm,
      started: new Date(path.atMs).toISOString(),
      end_to_end_ns: path.endToEndNs,
      bound_ns: path.boundNs,
    },
    traceEvents: [
      ...processNames(path),
      ...bars.filter((bar) => bar.place === 'exact' && bar.fromNs !== null).map(barEvent),
      ...path.stations.flatMap(stationEvents),
    ],
  };
}

function processNames({ vm, boundNs }: PathView): TraceEvent[] {
  const bound = boundNs === null ? 'no clock' : `± ${boundNs} ns`;
  const names = { host: 'Host', guest: `VM ${vm}`, crosses: `vNIC, between the two clocks (${bound})` };
  return Object.entries(names).map(([key, name]) => ({
    name: 'process_name',
    ph: 'M',
    pid: PROCESSES[key as keyof typeof PROCESSES],
    tid: 1,
    args: { name },
  }));
}

function barEvent({ layer, of, ns, boundNs, fromNs }: Bar): TraceEvent {
  const clock = LAYERS.find((l) => l.layer === (of ?? layer))!.clock;
  const length = ns ?? 0;
  return {
    ...{ name: layer, ph: 'X', pid: PROCESSES[clock], tid: 1, ts: fromNs! / 1000, dur: length / 1000 },
    args: { ns, ...(boundNs === 0 ? {} : { bound_ns: boundNs }) },
  };
}

function stationEvents({ station, vantage, firstNs, lastNs }: PathView['stations'][number]): TraceEvent[] {
  const moment = (ns: number, what: string): TraceEvent => ({
    ...{ name: `${station} ${what}`, ph: 'i', pid: PROCESSES[vantage], tid: 1, ts: ns / 1000, s: 't' },
  });
  return [
    ...(firstNs === null ? [] : [moment(firstNs, 'first byte')]),
    ...(lastNs === null || lastNs === firstNs ? [] : [moment(lastNs, 'last byte')]),
  ];
}
