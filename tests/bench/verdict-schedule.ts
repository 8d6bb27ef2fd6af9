/** Which breach is planted when, drawn from a seed, and what the right verdict on each is. Pure. */
import { seededRandom, shuffled } from '../../lab/plant-blocks.ts';
import type { BlameSide, Part, STOLEN } from '../../server/wire/episode-views.ts';

/** On the way of the request, or of the response. */
export type Way = 'in' | 'out';
export type Named = Part | typeof STOLEN;

/** Whose fault it is, and the layers that may be named; null where nothing may be raised. */
type Truth = (way: Way) => { side: BlameSide; parts: readonly Named[] } | null;

const platform = (...parts: Named[]) => ({ side: 'platform', parts }) as const;
const tenant = (...parts: Named[]) => ({ side: 'tenant', parts }) as const;

/**
 * What can be known of a lost packet: it is missing between the last station that saw it and the next one, and all the
 * time until it is sent again is spent there. A loss on the host's tap is thus the vNIC's (in) or the switch's (out),
 * one in the guest's queues the guest's TCP/IP; retransmissions, which host and guest both see, tell nothing of the
 * place. A loss beyond the host's NIC is outside of what either side answers for, and is not planted.
 * A hog in the guest keeps Nginx from its socket and the app behind it from answering: either may be named.
 */
export const TRUTHS = {
  'host hog': () => platform('steal'),
  'QEMU throttled': () => platform('steal'),
  'vNIC delay': () => platform('vnic'),
  'host loss': (way) => platform(way === 'in' ? 'vnic' : 'switch.out'),
  'guest hog': () => tenant('wait', 'service'),
  'guest netem': (way) => tenant(`tcp.${way}`),
  'guest loss': (way) => tenant(`tcp.${way}`),
  'slow upstream': () => tenant('service'),
  'Nginx sleep': () => tenant('service'),
  calm: () => null,
  'more load': () => null,
  'busy host': () => null,
} as const satisfies Record<string, Truth>;
export type Kind = keyof typeof TRUTHS;
export const KINDS = Object.keys(TRUTHS) as Kind[];

export function truthOf({ kind, way }: Pick<Trial, 'kind' | 'way'>): ReturnType<Truth> {
  return (TRUTHS[kind] as Truth)(way);
}

/** One plant or control as it is carried out. Its id says nothing about it. */
export interface Trial {
  id: number;
  kind: Kind;
  way: Way;
  /** In [0, 1): how much, between the least and the most of its kind. */
  size: number;
  /** After the full minute, seconds. */
  startS: number;
}

/** What is sealed: what was planted, and what this machine itself was kept from meanwhile. */
export interface Answer extends Trial {
  /** Share of its CPU time that a hypervisor below it took (steal), from the plant to the verdict. */
  stolen: number;
  attempts: number;
}

const EARLIEST_S = 16;
const LATEST_S = 22;

/** So many of each kind, in a random order. */
export function schedule(kinds: readonly Kind[], repeats: number, seed: number): Trial[] {
  const random = seededRandom(seed);
  const all = kinds.flatMap((kind) => {
    const first = random() < 0.5 ? 0 : 1;
    return Array.from({ length: repeats }, (_, n) => ({ kind, way: ((first + n) % 2 === 0 ? 'in' : 'out') as Way }));
  });
  return shuffled(all, random).map((trial, id) => ({
    ...{ id, ...trial, size: random() },
    startS: EARLIEST_S + random() * (LATEST_S - EARLIEST_S),
  }));
}
