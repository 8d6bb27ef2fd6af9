/** Host and guest of one exchange above each other on one time axis. Pure. */
import { LAYERS, type LayerId, type Vantage } from '../server/wire/stations.ts';
import type { PathStation, PathView } from '../server/wire/views.ts';
import { linearScale } from './scale.ts';
import { type Bar, waterfall } from './waterfall.ts';

export interface Lane {
  /** Whose clock tells both ends; `crosses` needs both. */
  clock: Vantage | 'crosses';
  bars: Bar[];
  /** Where a message's first and last byte passed; none where two clocks meet. */
  stations: PathStation[];
  /** The stretch in which the request was on the other side; null where an end of it is not known. */
  away: [fromNs: number, toNs: number] | null;
}

export interface Timeline {
  lanes: Lane[];
  endNs: number;
  ticks: number[];
}

const ORDER = ['host', 'crosses', 'guest'] as const;
const TICKS = 6;

export function timeline(path: PathView): Timeline {
  const { bars, endNs } = waterfall(path);
  const lanes = ORDER.map((clock) => ({
    clock,
    bars: bars.filter((bar) => bar.of === null && bar.fromNs !== null && clockOf(bar.layer) === clock),
    stations: path.stations.filter((s) => s.vantage === clock && s.firstNs !== null),
    away: clock === 'host' ? inTheVm(path) : null,
  }));
  return { lanes, endNs, ticks: linearScale(0, endNs, TICKS).ticks.filter((tick) => tick >= 0 && tick <= endNs) };
}

function clockOf(layer: LayerId): Lane['clock'] | undefined {
  return LAYERS.find((l) => l.layer === layer)?.clock;
}

/** As the host saw it: handed to the VM, and taken from it. */
function inTheVm({ stations }: PathView): Lane['away'] {
  const at = (name: PathStation['station']) => stations.find((s) => s.station === name)?.firstNs ?? null;
  const [handed, taken] = [at('tap.tx'), at('tap.rx')];
  return handed === null || taken === null ? null : [handed, taken];
}
