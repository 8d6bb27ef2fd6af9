import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listLinks } from '../../../agent/host/links.ts';
import { findDevices } from '../../../agent/host/tap-watch.ts';
import { listVms, tapsOf } from '../../../agent/host/vms.ts';
import { Namespace } from '../namespace.ts';
import { Program } from '../program.ts';
import { until } from '../until.ts';

/** Paused before its first instruction: it needs no system to be a process that holds taps. */
const PAUSED = ['qemu-system-x86_64', '-display', 'none', '-nodefaults', '-S', '-accel', 'tcg', '-m', '32'];
const OFF = 'script=no,downscript=no';
let here: Namespace;
let elsewhere: Namespace;
const running: Program[] = [];

function boot(namespace: Namespace, ...words: string[]): Program {
  const program = new Program(...namespace.command(...PAUSED, ...words));
  running.push(program);
  return program;
}

function withTaps(label: string, taps: readonly string[]): Namespace {
  const namespace = new Namespace(label);
  namespace.ip('link add br0 type bridge');
  namespace.ip('link add nic0 type veth peer name wire0');
  for (const tap of taps) namespace.ip(`tuntap add ${tap} mode tap`);
  for (const port of ['nic0', ...taps]) namespace.ip(`link set ${port} master br0 up`);
  return namespace;
}

function vms() {
  return here.inside(() => listVms(listLinks())).sort((a, b) => a.tap.localeCompare(b.tap));
}

beforeAll(async () => {
  here = withTaps('vms', ['hoptap0', 'hoptap1', 'hoptap2']);
  here.ip('link set hoptap1 nomaster');
  here.ip('tuntap add hoptap3 mode tap multi_queue');
  elsewhere = withTaps('others', ['hoptap0']);
  boot(here, '-name', 'web7', '-smp', '2', '-netdev', `tap,id=n0,ifname=hoptap0,${OFF}`, '-device', 'e1000,netdev=n0');
  boot(
    here,
    ...['-name', 'guest=web8,debug-threads=on'],
    ...['-netdev', `tap,id=a,ifname=hoptap1,${OFF}`, '-device', 'virtio-net-pci,netdev=a'],
    ...['-netdev', `tap,id=b,ifname=hoptap3,queues=2,${OFF}`, '-device', 'rtl8139,netdev=b'],
  );
  const netdev = `tap,id=n0,ifname=hoptap0,${OFF}`;
  const other = boot(elsewhere, '-name', 'stranger', '-netdev', netdev, '-device', 'pcnet,netdev=n0');
  await until(
    () => ({
      taps: vms().map(({ tap }) => tap),
      other: tapsOf(other.child.pid ?? 0),
      said: running.map((p) => p.stderr),
    }),
    ({ taps, other }) => taps.length === 3 && other.length === 1,
  );
});

afterAll(async () => {
  for (const program of running) await program.end();
  here?.remove();
  elsewhere?.remove();
});

describe('VMs of a host', () => {
  it('are found by the taps that a real QEMU holds, with name, model, bridge and vCPUs', () => {
    const links = here.inside(() => listLinks());
    const ifindex = (name: string) => links.find((link) => link.name === name)?.ifindex;
    const [web7, web8] = running;
    const facts = { accelerator: 'tcg', pid: web8?.child.pid, name: 'web8', vcpus: 1, bridge: '' };
    expect(vms()).toEqual([
      {
        ...facts,
        name: 'web7',
        tap: 'hoptap0',
        nicModel: 'e1000',
        vcpus: 2,
        bridge: 'br0',
        pid: web7?.child.pid,
        ifindex: ifindex('hoptap0'),
      },
      { ...facts, tap: 'hoptap1', nicModel: 'virtio-net-pci', ifindex: ifindex('hoptap1') },
      { ...facts, tap: 'hoptap3', nicModel: 'rtl8139', ifindex: ifindex('hoptap3') },
    ]);
  });

  it('are not those behind a tap of the same name in another namespace', () => {
    const found = elsewhere.inside(() => listVms(listLinks()));
    expect(found.map(({ name, nicModel }) => [name, nicModel])).toEqual([['stranger', 'pcnet']]);
  });

  it('lead to the taps and to the uplink beside them', () => {
    const found = here.inside(() => findDevices([], []));
    if (!found.ok) throw new Error(found.message);
    const names = (links: { name: string }[]) => links.map(({ name }) => name).sort();
    expect(names(found.devices.taps)).toEqual(['hoptap0', 'hoptap1', 'hoptap3']);
    expect(names(found.devices.uplinks)).toEqual(['nic0']);
  });

  it('are gone when their QEMU is gone', async () => {
    await running[1]?.end();
    expect(vms().map(({ name }) => name)).toEqual(['web7']);
  });
});
