import { beforeAll, describe, expect, it } from 'vitest';
import { STATIONS } from '../../server/wire/stations.ts';
import type { PathView, Summary } from '../../server/wire/views.ts';
import { expectNothingSilent, expectTelescoping, parseSummary } from './expectations.ts';
import { LabRun } from './lab-run.ts';

const REQUESTS = 300;
/** Above fentry, fexit and tp_btf there is no rung: what is left are the lower ones. */
const BEST = 'fentry,fexit,tp_btf';

interface Conformance {
  /** Start of `uname -r` in the guest. */
  release: string;
  flags: string[];
  /** How the guest's stations are attached, in their order. */
  probes: string[];
  /** Share of the requests that have all stations. */
  leastComplete: number;
}

const HIGH = {
  probes: ['tp_btf', 'fentry', 'fentry', 'fexit', 'fentry', 'fentry', 'tp_btf'],
  leastComplete: 0.99,
};
/** The kernel skips a kprobe that is hit while another one's handler runs. */
const LOW = {
  probes: ['raw_tp', 'kprobe', 'kprobe', 'kretprobe', 'kprobe', 'kprobe', 'raw_tp'],
  leastComplete: 0.98,
};

const KERNELS: Record<string, Conformance> = {
  'Debian 11 (5.10)': { release: '5.10.', flags: ['--kernel', '5.10'], ...HIGH },
  'Debian 12 (6.1)': { release: '6.1.', flags: ['--kernel', '6.1'], ...HIGH },
  'Debian 12 backports (6.12)': { release: '6.12.', flags: ['--kernel', '6.12'], ...HIGH },
  'Debian 11 on the lower rungs': { release: '5.10.', flags: ['--kernel', '5.10', '--skip-probes', BEST], ...LOW },
  'Debian 12 on the lower rungs': { release: '6.1.', flags: ['--kernel', '6.1', '--skip-probes', BEST], ...LOW },
};

interface Measured {
  attached: { station: string; probe: string | null; reason: string }[];
  paths: PathView[];
  summary: Summary;
}

async function measure({ flags }: Conformance): Promise<Measured> {
  const run = await LabRun.start('--rate', '60', ...flags);
  try {
    await run.joined(REQUESTS, 300_000);
    const { agents } = await run.health(() => true, 10_000);
    const attached = agents.toSorted((a, b) => (a.role > b.role ? -1 : 1)).flatMap(({ stations }) => stations);
    // The first requests may be older than the clock, and have no vnic.in and vnic.out of their own.
    const paths = await run.newest(200);
    run.finish();
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(0);
    return { attached, paths, summary: parseSummary(end.stdout) };
  } finally {
    await run.stop();
  }
}

/** Two guests at a time: each boots on one core, and here are two. */
const AT_ONCE = 2;
const measured = new Map<Conformance, Promise<Measured>>();

/** Of this kernel, begun with the ones after it that have a core. */
function measuredWithNext(kernel: Conformance): Promise<Measured> {
  const all = Object.values(KERNELS);
  const at = all.indexOf(kernel);
  for (const each of all.slice(at, at + AT_ONCE)) {
    if (measured.has(each)) continue;
    const one = measure(each);
    // A failure belongs to the tests of its own kernel.
    one.catch(() => {});
    measured.set(each, one);
  }
  return measured.get(kernel)!;
}

describe.each(Object.entries(KERNELS))('a guest with the kernel of %s', (_, kernel) => {
  const { release, probes, leastComplete } = kernel;
  let attached: Measured['attached'];
  let paths: PathView[];
  let summary: Summary;

  beforeAll(async () => {
    ({ attached, paths, summary } = await measuredWithNext(kernel));
  }, 400_000);

  it('runs that kernel, and says so', () => {
    expect(summary.provenance.guest?.kernel.startsWith(release), summary.provenance.guest?.kernel).toBe(true);
  });

  it('has all thirteen stations, the guest’s by the expected probes', () => {
    expect(attached.filter(({ probe }) => probe === null)).toEqual([]);
    expect(attached.map(({ station }) => station).toSorted()).toEqual([...STATIONS].toSorted());
    const guest = attached.filter(({ station }) => /^(vnic|tcp|sock|app)\./.test(station));
    expect(guest.map(({ probe }) => probe?.split('/')[0])).toEqual(probes);
  });

  it('joins every request, and completes it or names what is missing', () => {
    const { answered, joined, complete } = summary.exchanges;
    expect(answered).toBeGreaterThanOrEqual(REQUESTS);
    expect(joined).toBe(answered);
    expect(complete).toBeGreaterThanOrEqual((answered as number) * leastComplete);
    for (const { missing, stations } of paths) {
      expect(missing).toEqual(stations.filter(({ firstNs }) => firstNs === null).map(({ station }) => station));
    }
  });

  it('loses nothing silently', () => {
    expectNothingSilent(summary);
    expect(Object.entries(summary.drops).filter(([, count]) => count > 0)).toEqual([]);
  });

  it('has layers that add up to the end-to-end time exactly', () => expectTelescoping(paths));

  it('stamps every path in the order of the stations', () => {
    for (const path of paths) {
      const times = path.stations.flatMap(({ firstNs }) => firstNs ?? []);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });

  it('reads method, path and status', () => {
    for (const path of paths) expect([path.method, path.path, path.status]).toEqual(['GET', '/', 200]);
  });
});
