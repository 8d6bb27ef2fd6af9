import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { deriveLayers } from '../../../server/join/layers.ts';
import { LAYER_COUNT, type PathColumns, pathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { pathsOf, RecordingError, readRecording, writeRecording } from '../../../server/store/recording.ts';
import type { StoredPaths } from '../../../server/store/store.ts';
import { addressBytes } from '../../../server/wire/address.ts';
import { HEAD_BYTES } from '../../../server/wire/record.ts';
import { LAYER_IDS } from '../../../server/wire/stations.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopscope-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Paths with every station, the guest's clock far away, and in every third one something missing. */
function someRows(count: number): PathColumns {
  const columns = pathColumns(count);
  columns.count = count;
  for (let row = 0; row < count; row++) {
    columns.atMs[row] = 1_795_000_000_000.25 + row * 10;
    columns.vm[row] = row % 2;
    columns.tap[row] = 12 + (row % 2);
    columns.vnic[row] = 2 + (row % 3);
    columns.guestOffset[row] = row % 5 === 0 ? Number.NaN : 4e15;
    columns.bound[row] = row % 5 === 0 ? Number.NaN : 1234.5;
    columns.clockMethod[row] = row % 5 === 0 ? 0 : 1;
    for (let station = 0; station < STATION_COUNT; station++) {
      const isGuest = station >= 3 && station <= 9;
      const at = 7e12 + row * 1e7 + station * 50_000 + (row % 7) - (isGuest ? 4e15 : 0);
      const isMissing = row % 3 === 2 && station === 1;
      columns.first[row * STATION_COUNT + station] = isMissing ? Number.NaN : at;
      columns.last[row * STATION_COUNT + station] = isMissing ? Number.NaN : at + (row % 4) * 1000;
    }
    columns.status[row] = 200;
    columns.protocol[row] = 1;
    columns.flags[row] = 16;
    columns.requestSeq[row] = 4_000_000_000 + row;
    columns.responseBytes[row] = 615;
    columns.clientRtt[row] = 50_000;
    columns.keys.set(addressBytes('10.9.0.2')!, row * 36);
    columns.keys.set(addressBytes('2001:db8::7')!, row * 36 + 16);
    columns.keys.set([0x40, 0x9c, 80, 0], row * 36 + 32);
    const head = new TextEncoder().encode(`GET /page/${row}`);
    columns.heads.set(head, row * HEAD_BYTES);
    columns.headLength[row] = head.length;
  }
  deriveLayers(columns, 0, count);
  return columns;
}

async function* inTwo(columns: PathColumns): AsyncGenerator<StoredPaths> {
  yield { columns, ids: [], runs: [] };
}

describe('a recording', () => {
  const rows = someRows(5000);
  const file = join(folder, "it's.parquet");
  const about = { format: 1, text: "it's — “quoted”" };

  it('says what run it was, and gives the requests’ times back exactly', async () => {
    await writeRecording(file, about, inTwo(rows), ['web1', 'web2']);
    const recording = await readRecording(file);
    expect(recording.about).toEqual(about);
    expect(recording.rows).toBe(5000);
    for (const [i, layer] of LAYER_IDS.entries()) {
      const wanted = Float64Array.from({ length: 5000 }, (_, row) => rows.layers[row * LAYER_COUNT + i]!);
      expect(recording.times.get(layer), layer).toEqual(wanted);
    }
    expect(recording.times.get('end to end')).toEqual(rows.endToEnd);
  });

  it('gives every path back: names, facts, stations, layers', async () => {
    const names: string[] = [];
    const vmIndex = (name: string) => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1);
    let row = 0;
    for await (const some of pathsOf(file, vmIndex)) {
      for (let i = 0; i < some.count; i++, row++) expect(factsOf(some, i)).toEqual(factsOf(rows, row));
    }
    expect(row).toBe(5000);
    expect(names).toEqual(['web1', 'web2']);
  });

  it('opens in plain Python, where that has pandas or pyarrow', (context) => {
    const script = `import sys, pyarrow.parquet as p; print(p.read_metadata(sys.argv[1]).num_rows)`;
    const { status, stdout } = spawnSync('python3', ['-c', script, file], { encoding: 'utf8' });
    if (status !== 0) context.skip('no pyarrow here');
    expect(stdout.trim()).toBe('5000');
  });

  it('is told from other files', async () => {
    const other = join(folder, 'other.parquet');
    writeFileSync(other, 'PAR1 not really');
    await expect(readRecording(other)).rejects.toThrow(RecordingError);
    await expect(readRecording(join(folder, 'none.parquet'))).rejects.toThrow(/cannot be read/);
  });
});

/** A row without what only the server's own numbering knows. */
function factsOf(columns: PathColumns, row: number) {
  const { first, last, layers, guestOffset } = columns;
  const at = row * STATION_COUNT;
  const hostZero = first[at]!;
  return {
    atMs: columns.atMs[row],
    vm: columns.vm[row],
    devices: [columns.tap[row], columns.vnic[row]],
    head: new TextDecoder().decode(columns.heads.subarray(row * HEAD_BYTES, (row + 1) * HEAD_BYTES)),
    keys: [...columns.keys.subarray(row * 36, row * 36 + 36)],
    facts: [columns.status, columns.class, columns.protocol, columns.flags, columns.requestSeq].map((c) => c[row]),
    bytes: [columns.requestBytes[row], columns.responseBytes[row]],
    clock: [columns.clockMethod[row], columns.bound[row]],
    layers: [...layers.subarray(row * LAYER_COUNT, (row + 1) * LAYER_COUNT)],
    endToEnd: columns.endToEnd[row],
    guestOnHostNs: first[at + 3]! + guestOffset[row]! - hostZero,
    lengths: Array.from({ length: STATION_COUNT }, (_, i) => last[at + i]! - first[at + i]!),
  };
}
