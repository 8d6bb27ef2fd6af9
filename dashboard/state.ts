/** Everything the live page knows, one signal each. Views read; the socket, the poll and the controls write. */
import { computed, effect, signal } from '@preact/signals';
import { PROTOCOL_VERSION } from '../server/wire/frame.ts';
import type { LiveMessage } from '../server/wire/live-views.ts';
import { ALL_VMS } from '../server/wire/machine-views.ts';
import { CLASSES, type ExchangeClass } from '../server/wire/record.ts';
import type { LayerId } from '../server/wire/stations.ts';
import type { Health, LayerRow, PathView, RunInfo, Summary } from '../server/wire/views.ts';
import type { Polled } from './ask.ts';
import { episodes } from './breaches.ts';
import { formatCount } from './format.ts';
import { layerFacts } from './layer-facts.ts';
import { type Loss, LossLog, lostRecords, lostSince } from './losses.ts';
import { bandsOf, marksIn } from './marks.ts';
import { newestEvents, pastEvents, stored, whole } from './past.ts';
import { completeColumns, LiveSeries, QUANTILES, type QuantileName, RETAIN_S, requestRate } from './series.ts';
import type { Connection } from './socket.ts';
import { NO_SERIES, storedColumns, storedRow } from './stored-series.ts';
import { chosenLayer, chosenRun, fixed, rangeParameters, windowMinutes } from './view-range.ts';
import { lengthOf } from './zoom.ts';

export const PATH_ORDERS = ['slowest', 'newest'] as const;
export type PathOrder = (typeof PATH_ORDERS)[number];

/** The live part of the newest message that is shown. */
export interface Live {
  nowMs: number;
  run: RunInfo;
  recent: LayerRow[];
  health: Health;
}

const asked = new URLSearchParams(location.search);

/** The line to the server. */
export const connection = signal<Connection>({
  state: 'connecting',
  heardMs: null,
  retryAtMs: null,
  attempts: 0,
  malformed: 0,
});
/** What the page shows: the newest message, or the one at which the page was paused. */
export const live = signal<Live | null>(null);
/** The newest message while paused, shown on resume. */
const behind = signal<Live | null>(null);
/** Whether the page stands still. */
export const paused = signal(false);
/** Why nothing can be shown at all, such as a protocol that this page does not speak. */
export const fault = signal<string | null>(null);
/** The chosen VM; one that is not there stands for all of them. */
export const chosenVm = signal(asked.get('vm') ?? '');
/** The chosen quantile. */
export const quantile = signal<QuantileName>(QUANTILES.find((q) => q === asked.get('q')) ?? 'p99');
/** Which requests the list shows. */
export const pathOrder = signal<PathOrder>(PATH_ORDERS.find((order) => order === asked.get('order')) ?? 'slowest');
/** The listed requests, polled. */
export const paths = signal<Polled<PathView[]>>({ value: null, error: null });
/** The whole run so far, polled. */
export const summary = signal<Polled<Summary>>({ value: null, error: null });
/** The viewer's clock, once a second: ages are told from it. */
export const clockMs = signal(Date.now());

/** Which class of exchanges the list shows; empty for all. */
export const pathClass = signal<ExchangeClass | ''>(CLASSES.find((name) => name === asked.get('class')) ?? '');
/** Whether somebody points into the list: its rows then stay where they are. */
export const listHeld = signal(false);
/** The request whose particulars are shown, as it was when it was chosen. */
export const openPath = signal<PathView | null>(null);
/** Layers whose parts are shown. */
export const openLayers = signal<readonly LayerId[]>([]);

const series = new LiveSeries();
const lossLog = new LossLog();
/** Seconds in which records were lost since this page is open. */
export const losses = signal<readonly Loss[]>([]);

/** Whether another run than the current one is looked at. */
export const isOtherRun = computed(() => chosenRun.value !== '' && chosenRun.value !== live.value?.run.id);
/** The VMs of the run, in the server's order. */
export const vms = computed(
  () => (isOtherRun.value ? summary.value.value?.run.vms : live.value?.run.vms) ?? live.value?.run.vms ?? [],
);
/** What can be in view: each VM, and before them all together where there are several. */
export const vmChoices = computed(() => (vms.value.length > 1 ? [ALL_VMS, ...vms.value] : vms.value));
/** The VM in view, or {@link ALL_VMS}. */
export const vm = computed(() =>
  vmChoices.value.includes(chosenVm.value) ? chosenVm.value : (vmChoices.value[0] ?? ''),
);
/** The run so far as far as it is that of the VM in view. */
export const inRun = computed(() => summary.value.value?.byVm[vm.value] ?? summary.value.value);
/** The last ten seconds of the VM in view; of a stretch that was chosen, all of it. */
export const recent = computed(() =>
  fixed.value === null
    ? (live.value?.recent.find((row) => row.vm === vm.value) ?? null)
    : storedRow(whole.value.value?.points[0], vm.value),
);
/** The server's second: charts follow it, so that they are drawn once a second and not at every message. */
export const second = computed(() => Math.floor((live.value?.nowMs ?? 0) / 1000));
/** The whole seconds in view: fromS ≤ t < toS, the newest still filling. */
export const range = computed(() => {
  const toS = second.value + 1;
  return fixed.value ?? { fromS: toS - windowMinutes.value * 60, toS };
});
/** Whether the charts show what the server kept, rather than the seconds that were streamed. */
export const isStored = computed(() => fixed.value !== null || windowMinutes.value * 60 > RETAIN_S);
/** The seconds in view as they were streamed; none that are older. */
const streamed = computed(() => series.columns(vm.value, quantile.value, range.value.fromS, range.value.toS));
/** The seconds in view as columns. */
export const columns = computed(() =>
  isStored.value ? storedColumns(stored.value.value ?? NO_SERIES, quantile.value) : streamed.value,
);
/** The same, without the seconds that are still filling. */
export const complete = computed(() =>
  isStored.value ? columns.value : completeColumns(columns.value, second.value * 1000),
);
/** Who waited for a CPU: only streamed, so not there of stretches that began longer ago. */
export const contended = computed(() => completeColumns(streamed.value, second.value * 1000));
/** Requests per second over the last whole seconds; of a stretch that was chosen, over all of it. */
export const requestsPerSecond = computed(() => {
  if (fixed.value === null) return requestRate(streamed.value === columns.value ? complete.value : contended.value);
  const point = whole.value.value?.points[0];
  return point?.classes == null ? null : point.classes[0]! / lengthOf(fixed.value);
});
/** The last minute as columns, or the stretch that was chosen: for the small lines of the table. */
export const lastMinute = computed(() =>
  fixed.value === null
    ? series.columns(vm.value, quantile.value, range.value.toS - 60, range.value.toS)
    : columns.value,
);
/** p99 of a VM, second by second of the last minute; ns, NaN where missing. */
export function p99Trend(name: string): number[] {
  return series.columns(name, 'p99', range.value.toS - 60, range.value.toS).endToEnd;
}
/** Requests per second of a VM over the last whole seconds. */
export function rateOf(name: string): number | null {
  const { fromS, toS } = range.value;
  return requestRate(completeColumns(series.columns(name, 'p99', Math.max(fromS, toS - 10), toS), second.value * 1000));
}
/** For people. */
export function vmName(name: string): string {
  return name === ALL_VMS ? 'All VMs' : name;
}
/** What happened in the seconds in view beside the requests, and what was breached, oldest first. */
export const marks = computed(() => {
  const events = isStored.value ? (pastEvents.value.value ?? []) : newestEvents.value;
  return marksIn(range.value, events, episodes.value.value ?? []);
});
/** What the charts mark as not there, or not all there, as of that second. */
export const bands = computed(() => {
  const lossy = losses.value.map(({ t, records }) => ({
    fromS: t,
    toS: t + 1,
    label: `${formatCount(records)} lost`,
    tone: 'loss' as const,
  }));
  return [...bandsOf(marks.value, second.value), ...lossy];
});
/** Whether nothing came in the seconds in view although the run has requests: it may be over, or its VM idle. */
export const isQuiet = computed(() => {
  if (fixed.value !== null || !live.value?.run.exchanges) return false;
  if (isStored.value && stored.value.value === null) return false;
  return !columns.value.count.some((perSecond) => perSecond > 0);
});
/** Records lost in the last ten seconds, in the seconds in view, and since the queues' start. */
export const lost = computed(() => ({
  recent: lostSince(losses.value, second.value - 10),
  window: lostSince(losses.value, range.value.fromS),
  run: live.value === null ? 0 : lostRecords(live.value.health),
}));
/** ± of the layers that cross clocks, ns: the newest, else the run's largest; null where there never was one. */
export const boundNs = computed(() => {
  const health = live.value?.health;
  const inView = health?.vms.filter(({ name }) => vm.value === ALL_VMS || name === vm.value) ?? [];
  const bounds = inView.map((each) => each.boundNs).filter((bound) => bound !== null);
  const ofRun = inRun.value?.layers.find((l) => l.layer === 'vnic.in')?.bound ?? null;
  if (fixed.value !== null) return ofRun;
  const newest = bounds.length > 0 ? Math.max(...bounds) : (health?.clock.boundNs ?? null);
  return newest ?? ofRun;
});
/** Whether what is shown is told by no agent now: what is not there was not seen. */
const isPast = computed(() => fixed.value !== null || live.value?.run.recordedMs != null);
/** The facts of the VM in view, along LAYER_IDS. */
export const facts = computed(() =>
  live.value === null ? [] : layerFacts(recent.value, live.value.health, vm.value, boundNs.value, isPast.value),
);

/** Takes in one message of the live stream. */
export function receive(message: LiveMessage): void {
  if (message.type === 'snapshot' && message.protocol !== PROTOCOL_VERSION) {
    fault.value = `The server speaks protocol ${message.protocol}, this page ${PROTOCOL_VERSION}. Reload the page.`;
    return;
  }
  if (message.type === 'snapshot') fault.value = null;
  const known = behind.peek() ?? live.peek();
  if (message.type === 'snapshot' || known?.run.id !== message.run.id) series.clear();
  if (known?.run.id !== message.run.id) lossLog.clear();
  series.apply([...message.seconds, ...message.allVms.seconds]);
  if (message.events !== undefined) newestEvents.value = message.events;
  lossLog.apply(message.nowMs, lostRecords(message.health));
  if (!paused.peek()) losses.value = lossLog.losses;
  const { nowMs, run, recent: rows, allVms, health } = message;
  const next = { nowMs, run, recent: [...rows, ...allVms.recent], health };
  if (paused.peek() && live.peek() !== null) behind.value = next;
  else live.value = next;
}

/** Closes the particulars; the focus goes back to where they were opened, if that is still listed. */
export function closePath(): void {
  const id = openPath.value?.id;
  openPath.value = null;
  document.getElementById(`open-${id}`)?.focus();
}

/** Stops the page where it is, or lets it catch up. */
export function togglePause(): void {
  paused.value = !paused.value;
  if (paused.value) return;
  live.value = behind.value ?? live.value;
  losses.value = lossLog.losses;
  behind.value = null;
}

/** Keeps the choices in the address, so that a link opens the same view. */
export function keepAddress(): () => void {
  return effect(() => {
    const query = new URLSearchParams({ q: quantile.value, min: String(windowMinutes.value) });
    if (chosenVm.value !== '') query.set('vm', chosenVm.value);
    if (chosenLayer.value !== '') query.set('layer', chosenLayer.value);
    if (pathOrder.value !== 'slowest') query.set('order', pathOrder.value);
    if (pathClass.value !== '') query.set('class', pathClass.value);
    for (const [name, value] of rangeParameters()) query.set(name, value);
    history.replaceState(null, '', `?${query}${location.hash}`);
  });
}
