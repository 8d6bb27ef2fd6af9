import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellPort } from '../../lab/guest-shell.ts';
import { hogGuest } from '../../lab/hog.ts';
import type { VmSummary } from '../../server/wire/machine-views.ts';
import type { Health, PathView, SeriesView, Summary } from '../../server/wire/views.ts';
import { expectNothingSilent, expectTelescoping, parseSummary } from './expectations.ts';
import { type LabEnd, LabRun, labNamespaces } from './lab-run.ts';

const NICS = { vm0: 'virtio-net-pci', vm1: 'e1000' } as const;
const ADDRESSES = { vm0: '10.77.0.10', vm1: '10.78.0.10' } as const;
const VMS = ['vm0', 'vm1'] as const;
const RATE = 20;
/** Half a minute on a free machine; two guests are emulated at once. */
const BOOT_LIMIT_MS = 180_000;
const HOG_S = 60;

/** Which of the VMs ran more, by what the host's agent last said. */
function greedier({ vms }: Health): string | null {
  const [first, second] = vms.toSorted((a, b) => (b.vcpuTime ?? 0) - (a.vcpuTime ?? 0));
  return (first?.vcpuTime ?? 0) > 1.5 * (second?.vcpuTime ?? 0) ? first!.name : null;
}

describe('two real guests on one bridge, one host agent', () => {
  let run: LabRun;
  let end: LabEnd;
  let summary: Summary;
  let health: Health;
  let paths: PathView[];
  let series: SeriesView;
  let namespace: string;
  let told: VmSummary;
  let hogged: Health;

  beforeAll(async () => {
    run = await LabRun.start('--vms', '2', '--nic', Object.values(NICS).join(), '--rate', String(RATE), '--shell');
    const enough = ({ byVm }: Summary) => VMS.every((vm) => (byVm[vm]?.exchanges.joined ?? 0) >= 5 * RATE);
    await run.until('/api/runs/current/summary', enough, BOOT_LIMIT_MS);
    health = await run.health(({ vms }) => vms.length === 2 && vms.every(({ boundNs }) => boundNs !== null), 60_000);
    paths = await run.newest(1000);
    told = await run.get('/api/runs/current/summary?vm=vm1');
    series = await run.get('/api/runs/current/series?vm=vm1');
    namespace = run.hostNamespace;
    // Its guest goes before it does.
    void hogGuest(namespace, shellPort(0), HOG_S).catch(() => undefined);
    hogged = await run.health((now) => greedier(now) === 'vm0', HOG_S * 1000);
    run.finish();
    end = await run.ended;
    summary = parseSummary(end.stdout);
  }, BOOT_LIMIT_MS + 120_000);

  afterAll(() => run.stop());

  it('ends with exit code 0 and one summary, and leaves nothing', () => {
    expect(end.code, end.stderr).toBe(0);
    expect(labNamespaces()).not.toContain(namespace);
    expect(run.processes()).toEqual([]);
  });

  it.each(VMS)('joins and completes the requests that %s answered', (vm) => {
    const { sent, answered, joined, complete } = summary.byVm[vm]!.exchanges;
    expect(answered).toBeGreaterThanOrEqual(5 * RATE);
    expect(sent).toBeGreaterThanOrEqual(answered!);
    expect(joined).toBeGreaterThanOrEqual(0.99 * answered!);
    expect(complete).toBeGreaterThanOrEqual(0.98 * answered!);
    // A request of the other guest counted here would be one too many.
    expect(joined).toBeLessThanOrEqual(sent!);
  });

  it('adds up to the whole, and loses nothing silently', () => {
    const sum = (of: (vm: VmSummary) => number) => of(summary.byVm.vm0!) + of(summary.byVm.vm1!);
    expect(Object.keys(summary.byVm).sort()).toEqual([...VMS]);
    expect(sum(({ exchanges }) => exchanges.joined)).toBe(summary.exchanges.joined);
    expect(sum(({ load }) => load!.answered)).toBe(summary.exchanges.answered);
    expectNothingSilent(summary);
  });

  it('mixes none: every path of a VM went to its address, and its layers add up exactly', () => {
    for (const vm of VMS) {
      const own = paths.filter((path) => path.vm === vm);
      expect(own.length).toBeGreaterThan(RATE);
      expect(new Set(own.map(({ server }) => server.address))).toEqual(new Set([ADDRESSES[vm]]));
      // Two emulated guests on a busy machine see their clocks jump: a path across a jump has no vnic.in and vnic.out.
      const timed = own.filter(({ clock }) => clock.method !== 'none');
      expect(timed.length).toBeGreaterThan(RATE);
      expectTelescoping(timed);
    }
  });

  it.each(VMS)('has the layers, the NIC and the clock of %s', (vm) => {
    const { layers, provenance, endToEnd } = summary.byVm[vm]!;
    expect(provenance.guest).toMatchObject({ hostname: vm, nicModel: NICS[vm] });
    expect(provenance.host).toMatchObject({ nicModel: NICS[vm], vswitch: 'bridge' });
    for (const layer of ['nic.in', 'vnic.in', 'wait', 'service', 'vnic.out', 'nic.out']) {
      expect(layers.find((each) => each.layer === layer)?.count, layer).toBeGreaterThan(0);
    }
    expect(endToEnd.count).toBeGreaterThan(0);
    expect(layers.find(({ layer }) => layer === 'vnic.in')?.bound).toBeGreaterThan(0);
  });

  it('names both below one host, with what each has of the CPU', () => {
    const host = health.agents.find(({ role }) => role === 'host')!;
    expect(health.vms.map(({ name, hostAgent, nics }) => [name, hostAgent, nics[0]!.model, nics[0]!.tap])).toEqual([
      ['vm0', host.id, NICS.vm0, 'vnet0'],
      ['vm1', host.id, NICS.vm1, 'vnet1'],
    ]);
    for (const vm of VMS) {
      expect(summary.byVm[vm]!.cpu.vcpuTime).toBeGreaterThan(0);
      expect(summary.byVm[vm]!.cpu.vcpuDelay).not.toBeNull();
    }
    expect(host.cpuBusy).toBeGreaterThan(0);
  });

  it('shows which of them is the noisy neighbour', () => {
    const [vm0, vm1] = VMS.map((vm) => hogged.vms.find(({ name }) => name === vm)!);
    expect(vm0!.vcpuTime).toBeGreaterThan(1.5 * vm1!.vcpuTime!);
    expect(vm1!.vcpuDelay).not.toBeNull();
  });

  it('answers for one VM alone where it is asked for it', () => {
    expect(told.provenance.guest?.hostname).toBe('vm1');
    expect(new Set(series.rows.map(({ vm }) => vm))).toEqual(new Set(['vm1']));
    expect(series.rows.some(({ vcpuTime }) => vcpuTime !== null && vcpuTime > 0)).toBe(true);
  });
});
