/**
 * A delay planted in a run of `hopscope up` while its load goes on. In the vNIC QEMU itself hands packets
 * on late, which costs no CPU; elsewhere what passes is held in place, which keeps a CPU busy for as long.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import { type Lab, qmpSocketOf } from './booted-lab.ts';
import { between, parseDuration } from './flag-values.ts';
import { Hold } from './hold.ts';
import { marked } from './plant-mark.ts';
import { CANNOT_BE_PLANTED, isPlantLayer, PLANT_LAYERS, PLANT_POINTS, type PlantLayer } from './plant-points.ts';
import { QmpClient } from './qmp.ts';
import { formatNs } from './table.ts';

export interface TimedPlant {
  layer: PlantLayer;
  delayNs: number;
  /** Of the load. */
  fromS: number;
  /** Null: to its end. */
  forS: number | null;
}

const MOST_DELAY_MS = 20;
/** Of one CPU; more would hold up everything else on it too. */
const MOST_HELD = 0.3;
const BLOCKS = 64;
/** Longer than anybody's run. */
const ENDLESS_S = 7 * 24 * 3600;
const LEAD_NS = 1e6;
const SERVICE_PORT = 80;
const FILTER = 'plant';
/** Towards the guest is what the back end sends: `tx` of QEMU's net filters. */
const VNIC_QUEUES: Partial<Record<PlantLayer, 'tx' | 'rx'>> = { 'vnic.in': 'tx', 'vnic.out': 'rx' };

/** `vnic:5ms@30s`, `service:2ms@1m+20s`: a layer (that of the request where both ways have one), a delay, from when, for how long. */
export function parseTimedPlant(text: string): TimedPlant {
  const [, name, wait, from, lasts] = /^([a-z.]+):([^@]+)@([^+]+)(?:\+(.+))?$/.exec(text) ?? [];
  if (name === undefined)
    throw new InvalidArgumentError('expected LAYER:DELAY@START or LAYER:DELAY@START+FOR, as in vnic:5ms@30s');
  const layer = isPlantLayer(name) ? name : `${name}.in`;
  if (!isPlantLayer(layer)) {
    const why = CANNOT_BE_PLANTED[name];
    throw new InvalidArgumentError(
      why ? `${name} cannot be planted here (${why})` : `there is no such layer. There are: ${PLANT_LAYERS.join(', ')}`,
    );
  }
  const delayMs = between(0.1, MOST_DELAY_MS)(String(parseDuration(wait!) * 1e3));
  const forS = lasts === undefined ? null : parseDuration(lasts);
  return { layer, delayNs: delayMs * 1e6, fromS: startOf(from!), forS };
}

/** Zero is a moment, though no duration. */
function startOf(text: string): number {
  return /^0(s|m|h|ms)?$/.test(text) ? 0 : parseDuration(text);
}

/** @returns why it cannot be planted under such a load, or null */
export function plantProblem({ layer, delayNs }: TimedPlant, rate: number): string | null {
  if (layer in VNIC_QUEUES || (rate * delayNs) / 1e9 <= MOST_HELD) return null;
  const most = Math.floor((MOST_HELD * 1e9) / delayNs);
  return `a delay in ${layer} keeps a CPU busy while it lasts: with ${formatNs(delayNs)} use --rate ${most} or less`;
}

/** Whether the run needs a shell in its guest. */
export function needsShell({ layer }: TimedPlant): boolean {
  return PLANT_POINTS[layer].side === 'guest';
}

/** Plants in the first guest and takes it away again; resolves then, or at once when `over` is aborted. */
export async function plantInTime(plant: TimedPlant, lab: Lab, over: AbortSignal): Promise<void> {
  if (!(await lasted(plant.fromS, over))) return;
  const queue = VNIC_QUEUES[plant.layer];
  const release = queue === undefined ? await holdAt(plant, lab) : await bufferVnic(plant.delayNs, queue, lab);
  const until = plant.forS === null ? 'to the end' : `for ${plant.forS} s`;
  lab.say(
    `planted ${until}: ${plant.layer} ${formatNs(plant.delayNs)}${queue === undefined ? '' : ' on average, by QEMU'}`,
  );
  const mark = { text: `${formatNs(plant.delayNs)} in ${plant.layer}`, fromMs: Date.now() };
  await marked(lab.api, mark, lab.say, () => lasted(plant.forS ?? ENDLESS_S, over));
  await release();
  lab.say(`no longer planted: ${plant.layer}`);
}

/**
 * QEMU's buffer is emptied every two delays: what comes by in between waits for one on average.
 * Resolves with what takes it away again. @param queue as QEMU calls it: `tx` leads to the first guest
 */
export async function bufferVnic(delayNs: number, queue: 'tx' | 'rx', lab: Lab): Promise<() => Promise<void>> {
  const qmp = await QmpClient.connect(qmpSocketOf(lab.state, lab.vms[0]!));
  const interval = Math.round((2 * delayNs) / 1000);
  const netdev = `measured${lab.vms[0]!.firstNic}`;
  await qmp.execute('object-add', { 'qom-type': 'filter-buffer', id: FILTER, netdev, queue, interval });
  return async () => {
    await qmp.execute('object-del', { id: FILTER });
    qmp.close();
  };
}

async function holdAt({ layer, delayNs, forS }: TimedPlant, lab: Lab): Promise<() => Promise<void>> {
  const { side, point } = PLANT_POINTS[layer];
  const hold = side === 'host' ? await Hold.onHost(lab.network.host) : await Hold.inGuest(lab.network.host);
  const blockNs = Math.ceil(((forS ?? ENDLESS_S) * 1e9) / BLOCKS);
  const blocks = Array.from({ length: BLOCKS }, () => true);
  await hold.hold({ point, delayNs, leadNs: LEAD_NS, blockNs, blocks, port: SERVICE_PORT });
  return async () => {
    await hold.release();
    hold.end();
  };
}

/** @returns false where the run was over before */
async function lasted(seconds: number, over: AbortSignal): Promise<boolean> {
  try {
    // Timers hold no more than 2^31 ms.
    await delay(Math.min(seconds * 1000, 2 ** 31 - 1), undefined, { signal: over });
    return true;
  } catch {
    return false;
  }
}
