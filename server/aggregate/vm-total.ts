import { isComplete } from '../join/layers.ts';
import { LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import type { CpuMeans, VmSummary } from '../wire/machine-views.ts';
import { CLASSES } from '../wire/record.ts';
import { DETAILS, LAYER_IDS, LAYERS, type LayerId } from '../wire/stations.ts';
import type { LayerSummary } from '../wire/views.ts';
import type { ContentionReport } from './contention.ts';
import { quantilesOf, SeriesSet } from './series-set.ts';

const REQUEST = CLASSES.indexOf('request');
const PART_OF: readonly (LayerId | null)[] = LAYER_IDS.map((id) => DETAILS.find((d) => d.layer === id)?.of ?? null);
/** Indices into LAYER_IDS. */
const CROSSING = LAYERS.filter(({ clock }) => clock === 'crosses').map(({ layer }) => LAYER_IDS.indexOf(layer));
const CPU_NAMES = ['vcpuTime', 'vcpuDelay', 'steal'] as const;

/** All of a run that is of one VM, or of all its VMs together. */
export class VmTotal {
  readonly series = new SeriesSet();
  /** Exchanges with all stations stamped. */
  complete = 0;
  /** Largest bound seen of each layer that crosses clocks, along LAYER_IDS; NaN before a clock. */
  readonly #bounds = new Float64Array(LAYER_COUNT).fill(Number.NaN);
  /** Along CPU_NAMES: what was reported, times how long that was, and for how long it was. */
  readonly #cpu = CPU_NAMES.map(() => ({ sum: 0, ms: 0 }));

  /** Take note of rows [from, to) of one class whose layers are derived, beside `series`. @returns how many are complete */
  note(columns: PathColumns, from: number, to: number): number {
    let whole = 0;
    for (let row = from; row < to; row++) if (isComplete(columns, row)) whole++;
    this.complete += whole;
    if (columns.class[from] === REQUEST) for (let row = from; row < to; row++) this.#keepBounds(columns, row);
    return whole;
  }

  /** What an agent said about some time. */
  contend(report: ContentionReport, ms: number): void {
    for (const [i, name] of CPU_NAMES.entries()) {
      const value = report[name];
      if (value === undefined) continue;
      this.#cpu[i]!.sum += value * ms;
      this.#cpu[i]!.ms += ms;
    }
  }

  /** Of several VMs, all but what their CPUs did. */
  merge(other: VmTotal): void {
    this.series.merge(other.series);
    this.complete += other.complete;
    for (let i = 0; i < LAYER_COUNT; i++) this.#keepBound(i, other.#bounds[i]!);
  }

  get cpu(): CpuMeans {
    const [vcpuTime, vcpuDelay, steal] = this.#cpu.map(({ sum, ms }) => (ms > 0 ? sum / ms : null));
    return { vcpuTime: vcpuTime!, vcpuDelay: vcpuDelay!, steal: steal! };
  }

  measured(): Pick<VmSummary, 'classes' | 'layers' | 'endToEnd' | 'vnicRoundTrip' | 'tcp'> {
    const { endToEnd, vnicRoundTrip, tcp } = this.series;
    return {
      classes: this.series.classSummaries(),
      layers: this.#layerSummaries(),
      endToEnd: quantilesOf(endToEnd),
      vnicRoundTrip: quantilesOf(vnicRoundTrip),
      tcp: { ...tcp },
    };
  }

  /** Along LAYER_IDS. */
  #layerSummaries(): LayerSummary[] {
    const { layers } = this.series;
    return LAYER_IDS.map((layer, i) => ({
      layer,
      of: PART_OF[i]!,
      ...quantilesOf(layers[i]!),
      bound: this.#boundOf(i),
    }));
  }

  #boundOf(layer: number): number | null {
    if (!CROSSING.includes(layer)) return 0;
    const bound = this.#bounds[layer]!;
    return Number.isNaN(bound) ? null : bound;
  }

  #keepBounds(columns: PathColumns, row: number): void {
    for (const i of CROSSING) {
      if (!Number.isNaN(columns.layers[row * LAYER_COUNT + i]!)) this.#keepBound(i, columns.bound[row]!);
    }
  }

  #keepBound(layer: number, bound: number): void {
    if (bound > this.#bounds[layer]! || Number.isNaN(this.#bounds[layer]!)) this.#bounds[layer] = bound;
  }
}
