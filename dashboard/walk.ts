/** The way of one request as steps that a person can walk, from the client to the service and back. Pure. */
import { LAYERS, type LayerId, type Place, type Station, type SumLayer } from '../server/wire/stations.ts';
import type { PathView } from '../server/wire/views.ts';
import { waterfall } from './waterfall.ts';

/** `request` and `answer` are the ways outside, which the layers of the sum do not have. */
export type StepId = 'request' | SumLayer | 'answer';
export const STEP_IDS: readonly StepId[] = ['request', ...LAYERS.map(({ layer }) => layer), 'answer'];

export interface Step {
  id: StepId;
  place: Place;
  direction: 'in' | 'turn' | 'out';
  /** null where it was not measured. */
  ns: number | null;
  /** ± of what crosses clocks; null where unknown; 0 where one clock tells both ends. */
  boundNs: number | null;
  /** On the timeline, ns after nic.rx; null where it has no exact place. */
  fromNs: number | null;
  /** Of the end-to-end time, 0..1; null outside of it. */
  share: number | null;
  /** Seen from the host only, without a probe at the client. */
  isEstimate: boolean;
  /** Stations that were not stamped and would have told it. */
  missing: Station[];
}

/** Every step, measured or not, in the order of the way. */
export function stepsOf(path: PathView): Step[] {
  const { bars } = waterfall(path);
  const whole = path.endToEndNs;
  const inside = LAYERS.map(({ layer, place, direction }): Step => {
    const bar = bars.find((b) => b.layer === layer)!;
    const part = bar.ns === null || whole === null || whole === 0 ? null : bar.ns / whole;
    const fromNs = bar.place === 'exact' ? bar.fromNs : null;
    const { ns, boundNs, missing } = bar;
    return { id: layer, place, direction, ns, boundNs, fromNs, share: part, isEstimate: false, missing };
  });
  return [
    outside('request', 'in', path.clientRttNs === null ? null : path.clientRttNs / 2, null),
    ...inside,
    outside('answer', 'out', path.tcp.ackedNs, whole),
  ];
}

function outside(id: StepId, direction: Step['direction'], ns: number | null, fromNs: number | null): Step {
  return { id, place: 'client', direction, ns, boundNs: 0, fromNs, share: null, isEstimate: true, missing: [] };
}

/** The step that the address names; null for none, or one that there is not. */
export function stepNamed(name: string | null): StepId | null {
  return STEP_IDS.find((id) => id === name) ?? null;
}

/** `by` steps further, not beyond the ends; the first one from nowhere. */
export function stepAfter(id: StepId | null, by: number): StepId {
  const at = id === null ? (by > 0 ? 0 : STEP_IDS.length - 1) : STEP_IDS.indexOf(id) + by;
  return STEP_IDS[Math.max(0, Math.min(at, STEP_IDS.length - 1))]!;
}

/** The layer whose numbers over the run belong to a step. */
export function layerOf(id: StepId): LayerId {
  return id === 'request' || id === 'answer' ? 'client' : id;
}
