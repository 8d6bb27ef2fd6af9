/** The two recordings that the repository ships: what a user without root or QEMU has. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { loadRecording } from '../../server/recordings.ts';
import type { Comparison } from '../../server/wire/compare-views.ts';

const ROOT = join(import.meta.dirname, '../..');
const NICS = ['virtio-net-pci', 'e1000'] as const;
const fileOf = (nic: string) => join(ROOT, 'recordings', `${nic}.parquet`);
/** What these two files say, on any machine. */
const SENTENCE =
  'No difference was found between virtio-net-pci and e1000 end to end; one of 258 ms at p99 or one of 542 µs at p50 would have been. Single layers differ: vnic.out moves by −3.98 ms [−5.00 ms, −2.87 ms] at p99.';
const run = promisify(execFile);

async function compared(): Promise<Comparison> {
  const words = [join(ROOT, 'hopscope.ts'), 'compare', ...NICS.map(fileOf), '--json'];
  return JSON.parse((await run(process.execPath, words)).stdout);
}

describe('the recordings that are shipped', () => {
  it.each(NICS)('%s is small, whole and of a real guest', async (nic) => {
    expect(statSync(fileOf(nic)).size).toBeLessThan(2 * 2 ** 20);
    const { summary, rows } = await loadRecording(fileOf(nic));
    expect(summary.provenance.guest).toMatchObject({ nicModel: nic, accelerator: 'tcg' });
    expect(rows).toBe(summary.exchanges.joined);
    expect(summary.exchanges).toMatchObject({ sent: rows, answered: rows, complete: rows, host: rows, guest: rows });
  });

  it('compare without root or QEMU, and give the same numbers every time', async () => {
    const [once, again] = [await compared(), await compared()];
    expect(again).toEqual(once);
    expect(once).toMatchObject({ axis: 'nic', refusals: [], a: { name: NICS[0] }, b: { name: NICS[1] } });
    expect(once.sentence).toBe(SENTENCE);
  });

  it('open in plain DuckDB with the queries of the README', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hopscope-plain-'));
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      const file = join(folder, 'run.parquet');
      copyFileSync(fileOf('e1000'), file);
      const [sql] = /(?<=```sql\n)[\s\S]*?(?=```)/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))!;
      const queries = sql
        .replaceAll("'run.parquet'", `'${file}'`)
        .split(/;\s*\n/)
        .filter((query) => query.trim() !== '');
      expect(queries).toHaveLength(3);
      const answers = [];
      for (const query of queries) answers.push((await connection.runAndReadAll(query)).getRowObjectsJson());
      expect(answers[0]!.map(({ layer }) => layer)).toContain('vnic_both_ns');
      expect(answers[1]).toHaveLength(10);
      expect(answers[2]).toEqual([{ nic: 'e1000', joined: String(answers[2]![0]!.joined) }]);
    } finally {
      connection.closeSync();
      instance.closeSync();
      rmSync(folder, { recursive: true });
    }
  });
});
