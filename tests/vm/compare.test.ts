import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NIC_MODELS } from '../../lab/nic-models.ts';
import { loadRecording, type RecordedRun } from '../../server/recordings.ts';
import { pathsOf } from '../../server/store/recording.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import { freePort, labNamespaces } from './lab-run.ts';

const ROOT = join(import.meta.dirname, '../..');
const NICS = ['virtio-net-pci', 'e1000'] as const;
const ROUNDS = 2;
const SECONDS = 3;
const WARM_UP_S = 1;
const RATE = 100;
const RECORDED = ROUNDS * SECONDS * RATE;

describe('hopscope lab compare with virtio-net-pci and e1000', () => {
  const artifacts = mkdtempSync(join(tmpdir(), 'hopscope-compare-'));
  let stdout: string;
  let stderr: string;
  let before: string[];
  const runs = new Map<string, RecordedRun>();

  beforeAll(async () => {
    before = labNamespaces();
    const load = ['--rounds', ROUNDS, '--seconds', SECONDS, '--warm-up', `${WARM_UP_S}s`, '--rate', RATE].map(String);
    const flags = [...load, '--json', '--artifacts', artifacts, '--port-http', `${await freePort()}`];
    const child = spawn(process.execPath, ['hopscope.ts', 'lab', 'compare', ...NICS, ...flags], { cwd: ROOT });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await once(child, 'close')) as [number | null];
    [stdout, stderr] = await output;
    if (code !== 0) throw new Error(`it ended with ${code}:\n${stderr}\n${stdout}`);
    for (const nic of NICS) runs.set(nic, await loadRecording(file(nic)));
  }, 240_000);

  afterAll(() => rmSync(artifacts, { recursive: true, force: true }));

  function file(nic: string): string {
    return join(artifacts, `${nic}.parquet`);
  }

  it('prints one comparison as JSON and nothing else, and says how far it is meanwhile', () => {
    const { axis, shifts, refusals } = JSON.parse(stdout);
    expect({ axis, refusals }).toEqual({ axis: 'nic', refusals: [] });
    expect(shifts.length).toBeGreaterThan(0);
    expect(stderr).toMatch(/block 1 of 4: (virtio-net-pci|e1000); joined so far: none; about \d+ s left/);
    expect(stderr).toMatch(/p50 \/ p99 +virtio-net-pci +e1000/);
  });

  it.each(NICS)('records of %s its own NIC, in a stretch for each round', (nic) => {
    const { run, provenance } = runs.get(nic)!.summary;
    expect(run).toMatchObject({ name: nic });
    expect(run.stretches).toHaveLength(ROUNDS);
    expect(provenance.guest).toMatchObject({ nicModel: nic, driver: NIC_MODELS[nic].driver });
    expect(provenance.host).toMatchObject({ nicModel: nic, driver: 'veth' });
    const approach = nic === 'e1000' ? 'full' : 'paravirtual';
    expect([provenance.host?.nicApproach, provenance.guest?.nicApproach]).toEqual([approach, approach]);
  });

  it.each(NICS)('records of %s every request that was sent by it, and no other', (nic) => {
    const { summary, rows } = runs.get(nic)!;
    const all = { sent: RECORDED, answered: RECORDED, host: RECORDED, guest: RECORDED };
    expect(summary.exchanges).toEqual({ ...all, joined: RECORDED, complete: RECORDED });
    expect(rows).toBe(RECORDED);
    expect(summary.load).toMatchObject({ sent: RECORDED, errors: 0, rate: RATE, durationS: ROUNDS * SECONDS });
    expect(summary.load?.p99).toBeGreaterThan(0);
    const { unmatched, pending, repeated, faults } = summary;
    expect({ unmatched, pending, repeated, negative: faults.negative }).toEqual({
      ...{ unmatched: { host: 0, guest: 0 }, pending: { host: 0, guest: 0 }, repeated: { host: 0, guest: 0 } },
      negative: 0,
    });
    expect(Object.values(summary.drops).every((count) => count === 0)).toBe(true);
    expect(summary.selfCost.agentCpu).toBeGreaterThan(0);
  });

  it.each(NICS)('law 1: the layers of %s add up to the end-to-end time exactly', (nic) => {
    const { times } = runs.get(nic)!;
    const layers = LAYERS.map(({ layer }) => times.get(layer)!);
    const whole = times.get('end to end')!;
    expect(whole).toHaveLength(RECORDED);
    whole.forEach((ns, row) => {
      expect(layers.reduce((sum, layer) => sum + layer[row]!, 0)).toBe(ns);
    });
  });

  it('asks each NIC by its own tap, and the guest answers by the same', async () => {
    const devices = new Map<string, Set<string>>();
    for (const nic of NICS) {
      const used = new Set<string>();
      for await (const { count, tap, vnic } of pathsOf(file(nic), () => 0)) {
        for (let row = 0; row < count; row++) used.add(`${tap[row]} ${vnic[row]}`);
      }
      devices.set(nic, used);
    }
    const [a, b] = NICS.map((nic) => [...devices.get(nic)!]);
    expect([a, b].map((used) => used?.length)).toEqual([1, 1]);
    const [tapA, vnicA] = a![0]!.split(' ');
    const [tapB, vnicB] = b![0]!.split(' ');
    expect([tapA === tapB, vnicA === vnicB]).toEqual([false, false]);
    const log = readFileSync(join(artifacts, 'access.log'), 'utf8').trim().split('\n');
    const asked = RECORDED + ROUNDS * WARM_UP_S * RATE;
    for (const client of ['10.77.0.1', '10.78.0.1']) {
      expect(log.filter((line) => line.includes(` ${client}:`))).toHaveLength(asked);
    }
  });

  it('leaves no namespace behind', () => {
    expect(labNamespaces().filter((name) => !before.includes(name))).toEqual([]);
  });
});
