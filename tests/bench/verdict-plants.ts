/** How each kind of breach is planted in a real lab, and taken away again. */
import { setTimeout as delay } from 'node:timers/promises';
import { hogGuest, hogHost } from '../../lab/hog.ts';
import { Hold } from '../../lab/hold.ts';
import { PLANT_POINTS } from '../../lab/plant-points.ts';
import { bufferVnic } from '../../lab/timed-plant.ts';
import { CpuQuota, cpuTimeOf } from './verdict-quota.ts';
import type { Kind, Trial, Way } from './verdict-schedule.ts';
import type { Site } from './verdict-site.ts';

/** Resolves when it is taken away, at `untilMs` by the wall clock or soon after. */
type Plant = (site: Site, trial: Pick<Trial, 'way' | 'size'>, untilMs: number) => Promise<void>;

const SERVICE_PORT = 80;
const BLOCKS = 64;
const NEED_S = 5;
const QUOTA_PERIOD_US = 50_000;
const PROXIED = 'location /app/ {';

function between(least: number, most: number, size: number): number {
  return least + size * (most - least);
}

/** Of delays, ms: above what the objective allows. */
function delayMs(size: number): number {
  return Math.round(between(35, 60, size));
}

function until(untilMs: number, { signal }: Site): Promise<unknown> {
  return delay(Math.max(0, untilMs - Date.now()), undefined, { signal });
}

function secondsTo(untilMs: number): number {
  return Math.max(1, (untilMs - Date.now()) / 1000);
}

/** Plants by a script in the guest, and takes it away by another. */
async function scripted(site: Site, plant: string, undo: string, untilMs: number): Promise<void> {
  await site.inGuest(plant);
  await until(untilMs, site);
  await site.inGuest(undo);
}

/** A file of the guest's Nginx or its app, changed by a command of sed while it lasts. */
function reconfigured(site: Site, file: 'nginx.conf' | 'app.conf', sed: string, untilMs: number): Promise<void> {
  const path = `/run/hopscope/${file}`;
  const reload = `nginx -c ${path} -s reload`;
  const plant = `cp ${path} ${path}.usual\nsed -i ${sed} ${path}\nif cmp -s ${path} ${path}.usual; then echo 'nothing to change'; exit 1; fi\n${reload}`;
  return scripted(site, plant, `mv ${path}.usual ${path}\n${reload}`, untilMs);
}

/** netem on the way out is the NIC's root qdisc; on the way in it is that of an ifb which all that arrives is sent through. */
function netem(site: Site, way: Way, what: string, untilMs: number): Promise<void> {
  const plant =
    way === 'out'
      ? `modprobe sch_netem\n/sbin/tc qdisc replace dev eth0 root netem ${what}`
      : [
          ...['sch_netem', 'ifb', 'act_mirred', 'sch_ingress', 'cls_matchall'].map((name) => `modprobe ${name}`),
          '/sbin/ip link show plant0 > /dev/null 2>&1 || /sbin/ip link add plant0 type ifb',
          '/sbin/ip link set plant0 up',
          `/sbin/tc qdisc replace dev plant0 root netem ${what}`,
          '/sbin/tc qdisc add dev eth0 handle ffff: ingress',
          '/sbin/tc filter add dev eth0 parent ffff: matchall action mirred egress redirect dev plant0',
        ].join('\n');
  const undo = way === 'out' ? '/sbin/tc qdisc del dev eth0 root' : '/sbin/tc qdisc del dev eth0 ingress';
  return scripted(site, plant, undo, untilMs);
}

async function hostLoss(site: Site, { way, size }: Pick<Trial, 'way' | 'size'>, untilMs: number): Promise<void> {
  const hold = await Hold.onHost(site.lab.network.host);
  try {
    const { point } = PLANT_POINTS[way === 'in' ? 'vnic.in' : 'switch.out'];
    const blockNs = Math.ceil((secondsTo(untilMs) * 1e9) / BLOCKS);
    const loss = { delayNs: 0, lossPermille: Math.round(between(250, 350, size)) };
    const blocks = Array.from({ length: BLOCKS }, () => true);
    await hold.hold({ point, ...loss, leadNs: 1e6, blockNs, blocks, port: SERVICE_PORT });
    await until(untilMs, site);
    const { spent } = await hold.release();
    if (spent.planted.length === 0) throw new Error('no packet came by to be lost');
  } finally {
    hold.end();
  }
}

/** Somewhat less than the VM uses anyway: it falls behind, slowly. */
async function throttled(site: Site, { size }: Pick<Trial, 'size'>, untilMs: number): Promise<void> {
  const before = cpuTimeOf(site.qemu);
  await delay(NEED_S * 1000, undefined, { signal: site.signal });
  const need = (cpuTimeOf(site.qemu) - before) / NEED_S;
  await site.asOrdinary(async () => {
    const quota = CpuQuota.on(site.qemu, need * between(0.75, 0.95, size), QUOTA_PERIOD_US);
    try {
      await until(untilMs, site);
    } finally {
      quota.remove();
    }
  });
}

export const PLANTS: Record<Kind, Plant> = {
  'host hog': (site, { size }, untilMs) =>
    site.asOrdinary(() => hogHost(secondsTo(untilMs), site.signal, Math.round(between(4, 6, size)))),
  'QEMU throttled': throttled,
  'vNIC delay': async (site, { way, size }, untilMs) => {
    const release = await bufferVnic(delayMs(size) * 1e6, way === 'in' ? 'tx' : 'rx', site.lab);
    await until(untilMs, site);
    await release();
  },
  'host loss': hostLoss,
  'guest hog': (site, { size }, untilMs) => {
    const { network, vms } = site.lab;
    const count = Math.round(between(8, 14, size));
    return hogGuest(network.host, vms[0]!.shellPort, Math.round(secondsTo(untilMs)), count);
  },
  'guest netem': (site, { way, size }, untilMs) => netem(site, way, `delay ${delayMs(size)}ms`, untilMs),
  'guest loss': (site, { way, size }, untilMs) =>
    netem(site, way, `loss ${between(25, 35, size).toFixed(1)}%`, untilMs),
  // The app's pattern has the last digit of its milliseconds.
  'slow upstream': (site, { size }, untilMs) =>
    reconfigured(site, 'app.conf', `'s/echo_sleep 0.00/echo_sleep 0.0${Math.round(between(4, 6, size))}/'`, untilMs),
  'Nginx sleep': (site, { size }, untilMs) => {
    const sleep = `location ^~ \\/app\\/ { echo_sleep 0.0${delayMs(size)}; echo_exec @app; } location @app {`;
    return reconfigured(site, 'nginx.conf', `'s/${PROXIED.replaceAll('/', '\\/')}/${sleep}/'`, untilMs);
  },
  calm: (site, _trial, untilMs) => until(untilMs, site).then(() => undefined),
  'more load': async (site, { size }, untilMs) => {
    await site.load(Math.round(between(15, 35, size)), secondsTo(untilMs), 'more').ended;
  },
  // As many hogs as starve it where it has no priority.
  'busy host': (site, { size }, untilMs) => hogHost(secondsTo(untilMs), site.signal, Math.round(between(4, 6, size))),
};
