import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskBudget } from '../../../agent/buffer/disk-budget.ts';
import { FrameSegments } from '../../../agent/buffer/frame-segments.ts';
import { FrameBuffer } from '../../../agent/frame-buffer.ts';
import { bytesOf, generate, Line, next, OPERATION } from '../frame-line.ts';

const PLENTY = 1 << 30;
let folder: string;
const lines: string[] = [];
const tell = (line: string) => lines.push(line);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-frames-'));
  lines.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Sizes in records. */
function withDisk({ memory = 1, disk = PLENTY / 512, segment = 100 } = {}) {
  const segments = new FrameSegments(folder, tell, bytesOf(segment));
  const buffer = new FrameBuffer(bytesOf(memory), { segments, budget: new DiskBudget(bytesOf(disk)) });
  return { segments, buffer };
}

/** What another process finds there. */
function successor() {
  const segments = FrameSegments.read(folder, tell);
  return { segments, buffer: new FrameBuffer(0, { segments, budget: new DiskBudget(PLENTY) }) };
}

function sequences(buffer: FrameBuffer): number[] {
  const sent: number[] = [];
  for (let frame = next(buffer); frame; frame = next(buffer)) sent.push(frame.sequence);
  return sent;
}

const files = () => readdirSync(folder).filter((name) => name !== 'acked');
const newest = () => join(folder, files().sort().at(-1) as string);

/** The numbers 0 … `records` - 1 as {@link generate} writes them. */
const fillings = (records: number) => Array.from({ length: records }, (_, i) => i & 0xff);

describe('a frame buffer with a disk', () => {
  it('sends what memory has no room for from disk, in order and unchanged', () => {
    const { buffer } = withDisk({ memory: 10, segment: 12 });
    for (let i = 0; i < 20; i++) generate(buffer, 5);
    const line = new Line(buffer);
    line.finish();
    expect(line.fillings).toEqual(fillings(100));
    expect(buffer).toMatchObject({ records: 100, dropped: 0, held: 0 });
    expect(files()).toEqual([]);
  });

  it('sends them again to a server that has none of them', () => {
    const { buffer } = withDisk({ segment: 4 });
    for (let i = 0; i < 6; i++) generate(buffer, 2);
    expect(sequences(buffer)).toEqual([1, 2, 3, 4, 5, 6]);
    buffer.acknowledge(3);
    buffer.rewind(3);
    expect(sequences(buffer)).toEqual([4, 5, 6]);
    buffer.rewind(0);
    expect(sequences(buffer)).toEqual([4, 5, 6]);
  });

  it('removes a file once all its frames are acknowledged', () => {
    const { buffer } = withDisk({ segment: 4 });
    for (let i = 0; i < 6; i++) generate(buffer, 1);
    const before = files();
    expect(before.length).toBeGreaterThan(1);
    buffer.acknowledge(1);
    expect(files()).toEqual(before);
    buffer.acknowledge(5);
    expect(files()).toHaveLength(1);
    expect(buffer.held).toBe(1);
    buffer.acknowledge(6);
    expect(files()).toEqual([]);
  });

  it('drops the oldest file when the budget is used up, and counts what is in no other place', () => {
    const { buffer } = withDisk({ memory: 2, disk: 9, segment: 4 });
    for (let i = 0; i < 12; i++) generate(buffer, 1);
    const onDisk = files().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(onDisk).toBeLessThanOrEqual(bytesOf(9));
    expect(buffer.dropped + buffer.held).toBe(12);
    const sent = sequences(buffer);
    expect(sent).toEqual(Array.from({ length: buffer.held }, (_, i) => buffer.dropped + i + 1));
  });

  it('accounts for every record, whatever happens: generated = delivered + dropped', () => {
    const sizes = fc.record({
      memory: fc.integer({ min: 1, max: 40 }),
      disk: fc.integer({ min: 1, max: 80 }),
      segment: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(sizes, fc.array(OPERATION, { maxLength: 120 }), (size, operations) => {
        const { buffer, segments } = withDisk(size);
        const line = new Line(buffer);
        for (const operation of operations) line.do(operation);
        line.finish();
        segments.close();
        expect(line.delivered + buffer.dropped).toBe(buffer.records);
        expect(buffer.held).toBe(0);
        expect(segments.errors).toBe(0);
        expect(files()).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('loses and doubles nothing when its process is killed, whatever happened before and happens then', () => {
    const sizes = fc.record({ memory: fc.integer({ min: 1, max: 40 }), segment: fc.integer({ min: 1, max: 30 }) });
    const history = fc.array(OPERATION, { maxLength: 80 });
    fc.assert(
      fc.property(sizes, history, history, (size, before, after) => {
        const { buffer, segments } = withDisk(size);
        const line = new Line(buffer);
        for (const operation of before) line.do(operation);
        line.cut();
        segments.close(); // as the kernel does
        line.buffer = successor().buffer;
        line.welcome();
        for (const operation of after.filter((each) => each.do !== 'generate')) line.do(operation);
        line.finish(buffer.records);
        expect(line.fillings).toEqual(fillings(buffer.records));
        expect(line.buffer).toMatchObject({ held: 0, dropped: 0 });
        expect(files()).toEqual([]);
        rmSync(join(folder, 'acked'), { force: true });
      }),
      { numRuns: 500 },
    );
  });
});

describe('what a killed process has left', () => {
  it('is sent from the first frame on that was not acknowledged', () => {
    const { buffer } = withDisk();
    for (let i = 0; i < 5; i++) generate(buffer, 1);
    buffer.acknowledge(3);
    expect(sequences(successor().buffer)).toEqual([4, 5]);
  });

  it.each([
    ['amid its records', bytesOf(3) + 700, 7],
    ['amid its header', bytesOf(3) + 20, 1],
  ])('ends with the last whole frame where the next was cut off %s', (_, size, torn) => {
    const { buffer } = withDisk();
    generate(buffer, 3);
    generate(buffer, 7);
    truncateSync(newest(), size);
    const after = successor();
    expect(after.segments.torn).toBe(torn);
    expect(sequences(after.buffer)).toEqual([1]);
  });

  it('counts what is no frame, and removes a file of nothing else', () => {
    const { buffer } = withDisk();
    generate(buffer, 3);
    appendFileSync(newest(), new Uint8Array(bytesOf(4)));
    writeFileSync(join(folder, '0000000009.frames'), new Uint8Array(bytesOf(2)));
    const after = successor();
    expect(after.segments.torn).toBe(6);
    expect(files()).toHaveLength(1);
    expect(sequences(after.buffer)).toEqual([1]);
  });
});

describe('a disk that refuses', () => {
  beforeEach(() => {
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    if (status !== 0) throw new Error(String(stderr));
  });
  afterEach(() => spawnSync('umount', [folder]));

  it('leaves frames in memory, is said once, and is used again when it has room', () => {
    const { buffer, segments } = withDisk({ memory: 40 });
    writeFileSync(join(folder, 'ballast'), new Uint8Array(40 << 10));
    for (let i = 0; i < 10; i++) generate(buffer, 20, BigInt(i) * 1_000_000_000n);
    expect(lines).toEqual([expect.stringMatching(/^ENOSPC: frames stay in memory only; make room/)]);
    expect(segments.errors).toBe(1);
    expect(buffer.dropped + buffer.held * 20).toBe(200);
    expect(buffer.dropped).toBeGreaterThan(0);
    rmSync(join(folder, 'ballast'));
    generate(buffer, 20, 30_000_000_000n);
    expect(lines[1]).toBe('takes frames again');
    expect(segments.has(11)).toBe(true);
    const line = new Line(buffer);
    line.finish();
    expect(line.delivered + buffer.dropped).toBe(220);
    expect(files()).toEqual([]);
  });

  it('costs what was on it only, and that is counted', () => {
    const { buffer, segments } = withDisk({ memory: 2, segment: 4 });
    for (let i = 0; i < 10; i++) generate(buffer, 1);
    rmSync(join(folder, '0000000001.frames'));
    const line = new Line(buffer);
    line.finish();
    expect(segments.errors).toBeGreaterThan(0);
    expect(buffer.dropped).toBeGreaterThan(0);
    expect(line.delivered + buffer.dropped).toBe(10);
  });
});
