/** Everything the live page knows, one signal each. Views read; the socket, the poll and the controls write. */
import { computed, effect, signal } from '@preact/signals';
import { PROTOCOL_VERSION } from '../server/wire/frame.ts';
import type { LiveMessage } from '../server/wire/live-views.ts';
import { ALL_VMS } from '../server/wire/machine-views.ts';
import type { ExchangeClass } from '../server/wire/record.ts';
import type { LayerId } from '../server/wire/stations.ts';
import type { Health, LayerRow, PathView, RunInfo, Summary } from '../server/wire/views.ts';
import type { Polled } from './ask.ts';
import { formatCount } from './format.ts';
import { layerFacts } from './layer-facts.ts';
import { type Loss, LossLog, lostRecords, lostSince } from './losses.ts';
import { completeColumns, LiveSeries, QUANTILES, type QuantileName, requestRate } from './series.ts';
import type { Connection } from './socket.ts';

export const WINDOWS_MIN = [1, 5, 15] as const;
export type WindowMinutes = (typeof WINDOWS_MIN)[number];
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
/** How far back the charts look, minutes. */
export const windowMinutes = signal<WindowMinutes>(WINDOWS_MIN.find((m) => String(m) === asked.get('min')) ?? 5);
/** Which requests the list shows. */
export const pathOrder = signal<PathOrder>('slowest');
/** The listed requests, polled. */
export const paths = signal<Polled<PathView[]>>({ value: null, error: null });
/** The whole run so far, polled. */
export const summary = signal<Polled<Summary>>({ value: null, error: null });
/** The viewer's clock, once a second: ages are told from it. */
export const clockMs = signal(Date.now());

/** Which class of exchanges the list shows; empty for all. */
export const pathClass = signal<ExchangeClass | ''>('');
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

/** The VMs of the run, in the server's order. */
export const vms = computed(() => live.value?.run.vms ?? []);
/** What can be in view: each VM, and before them all together where there are several. */
export const vmChoices = computed(() => (vms.value.length > 1 ? [ALL_VMS, ...vms.value] : vms.value));
/** The VM in view, or {@link ALL_VMS}. */
export const vm = computed(() =>
  vmChoices.value.includes(chosenVm.value) ? chosenVm.value : (vmChoices.value[0] ?? ''),
);
/** The run so far as far as it is that of the VM in view. */
export const inRun = computed(() => summary.value.value?.byVm[vm.value] ?? summary.value.value);
/** The last ten seconds of the VM in view. */
export const recent = computed(() => live.value?.recent.find((row) => row.vm === vm.value) ?? null);
/** The server's second: charts follow it, so that they are drawn once a second and not at every message. */
const second = computed(() => Math.floor((live.value?.nowMs ?? 0) / 1000));
/** The whole seconds in view: fromS ≤ t < toS, the newest still filling. */
export const range = computed(() => {
  const toS = second.value + 1;
  return { fromS: toS - windowMinutes.value * 60, toS };
});
/** The seconds in view as columns. */
export const columns = computed(() => series.columns(vm.value, quantile.value, range.value.fromS, range.value.toS));
/** The same, without the seconds that are still filling. */
export const complete = computed(() => completeColumns(columns.value, second.value * 1000));
/** Requests per second over the last whole seconds. */
export const requestsPerSecond = computed(() => requestRate(complete.value));
/** The last minute as columns, for the small lines of the table. */
export const lastMinute = computed(() =>
  series.columns(vm.value, quantile.value, range.value.toS - 60, range.value.toS),
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
/** What the charts mark as not there, or not all there, as of that second. */
export const bands = computed(() => {
  const nowS = second.value;
  const gaps = (live.peek()?.health.gaps ?? []).map(({ agent, fromMs, toMs }) => ({
    fromS: fromMs / 1000,
    toS: toMs === null ? nowS : toMs / 1000,
    label: `gap: ${agent}`,
    tone: 'gap' as const,
  }));
  const lossy = losses.value.map(({ t, records }) => ({
    fromS: t,
    toS: t + 1,
    label: `${formatCount(records)} lost`,
    tone: 'loss' as const,
  }));
  const events = (live.peek()?.health.clock.events ?? []).map(({ kind, atMs }) => ({
    fromS: atMs / 1000,
    toS: atMs / 1000,
    label: `clock: ${kind}`,
    tone: 'gap' as const,
  }));
  return [...gaps, ...lossy, ...events];
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
  const newest = bounds.length > 0 ? Math.max(...bounds) : (health?.clock.boundNs ?? null);
  return newest ?? inRun.value?.layers.find((l) => l.layer === 'vnic.in')?.bound ?? null;
});
/** The facts of the VM in view, along LAYER_IDS. */
export const facts = computed(() =>
  live.value === null
    ? []
    : layerFacts(recent.value, live.value.health, vm.value, boundNs.value, live.value.run.recordedMs !== null),
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
    history.replaceState(null, '', `?${query}${location.hash}`);
  });
}
