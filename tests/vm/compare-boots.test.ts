import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isResolved } from '../../server/compare/sentence.ts';
import { loadRecording, type RecordedRun } from '../../server/recordings.ts';
import { LAYERS } from '../../server/wire/stations.ts';
import { freePort, labNamespaces } from './lab-run.ts';

const ROOT = join(import.meta.dirname, '../..');
const VCPUS = [1, 2] as const;
const ROUNDS = 2;
const SECONDS = 2;
const RATE = 100;
const RECORDED = ROUNDS * SECONDS * RATE;
const ASKED = ROUNDS * (SECONDS + 1) * RATE;

describe('hopscope lab compare --vcpus 1,2', () => {
  const artifacts = mkdtempSync(join(tmpdir(), 'hopscope-compare-'));
  let stdout: string;
  let stderr: string;
  let before: string[];
  const runs = new Map<number, RecordedRun>();

  beforeAll(async () => {
    before = labNamespaces();
    const load = ['--rounds', ROUNDS, '--seconds', SECONDS, '--warm-up', '1s', '--rate', RATE].map(String);
    const flags = [...load, '--json', '--artifacts', artifacts, '--port-http', `${await freePort()}`];
    const words = ['hopscope.ts', 'lab', 'compare', '--vcpus', VCPUS.join(), ...flags];
    const child = spawn(process.execPath, words, { cwd: ROOT });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await once(child, 'close')) as [number | null];
    [stdout, stderr] = await output;
    if (code !== 0) throw new Error(`it ended with ${code}:\n${stderr}\n${stdout}`);
    for (const vcpus of VCPUS) runs.set(vcpus, await loadRecording(join(artifacts, `vcpus-${vcpus}.parquet`)));
  }, 240_000);

  afterAll(() => rmSync(artifacts, { recursive: true, force: true }));

  it('names the vCPUs as what was varied, and nothing that they do not bring along', () => {
    const { axis, differences, refusals } = JSON.parse(stdout);
    expect({ axis, refusals }).toEqual({ axis: 'cpus', refusals: [] });
    expect(differences).toContainEqual({ axis: 'cpus', what: 'guest cpus', a: '1', b: '2' });
    const others = differences.filter((each: { axis: string }) => each.axis !== 'cpus');
    expect(others).toEqual([]);
  });

  it('says which guests it boots, how far the blocks are, and what a guest costs at rest', () => {
    expect(stderr).toMatch(/booting vcpus-1 with[\s\S]*booting vcpus-2 with[\s\S]*block 1 of 4: vcpus-[12];/);
    for (const vcpus of VCPUS) {
      const cpus = new RegExp(
        `^vcpus-${vcpus}: .*; its guest takes (\\d\\.\\d+) CPUs while another one is asked$`,
        'm',
      ).exec(stderr);
      expect(Number(cpus?.[1]), stderr).toBeGreaterThan(0);
      expect(Number(cpus?.[1])).toBeLessThan(0.5);
    }
  });

  it.each(VCPUS)('has booted a guest with %i vCPUs, and recorded a stretch of it in each round', (vcpus) => {
    const { run, provenance } = runs.get(vcpus)!.summary;
    expect(run).toMatchObject({ name: `vcpus-${vcpus}` });
    expect(run.stretches).toHaveLength(ROUNDS);
    expect(provenance.guest).toMatchObject({ cpus: vcpus, nicModel: 'virtio-net-pci' });
  });

  it('says that boots differ where it found a difference, and in the notes', () => {
    const { sentence, doubts, shifts } = JSON.parse(stdout);
    const [a, b] = VCPUS.map((vcpus) => runs.get(vcpus)!.summary.provenance.guest!.bootId);
    expect(a).toMatch(/^[0-9a-f-]{36}$/);
    expect(b).not.toBe(a);
    expect(doubts.join()).toContain('the guests were booted once each');
    expect(sentence.includes('boots differ, too')).toBe(shifts.some(isResolved));
  });

  it('asks one guest at a time', () => {
    const stretches = VCPUS.flatMap((vcpus) => runs.get(vcpus)!.summary.run.stretches);
    const inTurn = stretches.toSorted((a, b) => a.fromMs - b.fromMs);
    inTurn.slice(1).forEach(({ fromMs }, n) => {
      expect(fromMs).toBeGreaterThanOrEqual(inTurn[n]!.toMs!);
    });
  });

  it.each(VCPUS)('records of %i vCPUs every request that was sent, and no other', (vcpus) => {
    const { summary, rows } = runs.get(vcpus)!;
    expect(rows).toBe(RECORDED);
    expect(summary.load).toMatchObject({ sent: RECORDED, answered: RECORDED, errors: 0, rate: RATE });
    expect(summary.exchanges).toMatchObject({ host: RECORDED, guest: RECORDED, joined: RECORDED });
    expect(summary.unmatched).toEqual({ host: 0, guest: 0 });
    expect(Object.values(summary.drops).every((count) => count === 0)).toBe(true);
    const log = readFileSync(join(artifacts, `access-vcpus-${vcpus}.log`), 'utf8')
      .trim()
      .split('\n');
    expect(log).toHaveLength(ASKED);
  });

  it.each(VCPUS)('law 1, without a clock: with %i vCPUs the layers add up to the end-to-end time exactly', (vcpus) => {
    const { times, summary } = runs.get(vcpus)!;
    const ofOneClock = LAYERS.filter(({ layer }) => layer !== 'vnic.in' && layer !== 'vnic.out');
    const layers = [...ofOneClock.map(({ layer }) => times.get(layer)!), times.get('vnic both')!];
    const rests = times.get('end to end')!.map((ns, row) => ns - layers.reduce((sum, layer) => sum + layer[row]!, 0));
    const measured = rests.filter((rest) => !Number.isNaN(rest));
    expect(measured).toEqual(new Float64Array(summary.exchanges.complete));
  });

  it('leaves no namespace behind', () => {
    expect(labNamespaces().filter((name) => !before.includes(name))).toEqual([]);
  });
});
