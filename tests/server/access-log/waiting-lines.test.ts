import { describe, expect, it } from 'vitest';
import { type WaitingLine, WaitingLines } from '../../../server/access-log/waiting-lines.ts';
import { addressBytes } from '../../../server/wire/address.ts';

const MS = 1e6;
const PORTS = 40_000 * 65_536 + 80;
const client = addressBytes('10.0.0.1') as Uint8Array;
const server = addressBytes('10.0.0.2') as Uint8Array;
const keys = new Uint8Array([...client, ...server]);

function line(startMs: number, endMs: number, changes: Partial<WaitingLine> = {}): WaitingLine {
  const times = { startNs: startMs * MS, endNs: endMs * MS, headerNs: 0, responseNs: 0, atMs: endMs };
  return { ports: PORTS, client, server, status: 200, ...times, ...changes };
}

function waiting(...lines: WaitingLine[]): WaitingLines {
  const all = new WaitingLines(100);
  for (const each of lines) all.add(each);
  return all;
}

const take = (lines: WaitingLines, readMs: number, status = 200) => lines.take(PORTS, keys, 0, readMs * MS, status);

describe('the line of a request', () => {
  it('is the one in whose stretch the request was read, whatever else waits', () => {
    const [a, b, c] = [line(100, 105), line(107, 130), line(131, 131)];
    const lines = waiting(a, b, c);
    expect(take(lines, 107.4)).toBe(b);
    expect(take(lines, 100.9)).toBe(a);
    expect(take(lines, 131.7)).toBe(c);
    expect(lines).toMatchObject({ count: 0, unmatched: 0 });
  });

  it('is none where the request was read before or after all of them', () => {
    const lines = waiting(line(100, 105), line(120, 130));
    for (const readMs of [99.8, 106.2, 119.8, 131.2]) expect(take(lines, readMs)).toBeNull();
    expect(take(lines, Number.NaN)).toBeNull();
  });

  it('is the later one where two requests share a millisecond of the log', () => {
    const [a, b] = [line(100, 105), line(105, 109)];
    expect(take(waiting(a, b), 105.6)).toBe(b);
    const lines = waiting(a, b);
    expect(take(lines, 100.2)).toBe(a);
    expect(take(lines, 105.6)).toBe(b);
  });

  it('is the first of those that began in the same millisecond', () => {
    const [a, b] = [line(100, 100), line(100, 100)];
    const lines = waiting(a, b);
    expect([take(lines, 100.1), take(lines, 100.5)]).toEqual([a, b]);
  });

  it('has the same addresses, ports and status', () => {
    const other = addressBytes('10.0.0.3') as Uint8Array;
    const lines = waiting(
      line(100, 105, { client: other }),
      line(100, 105, { server: other }),
      line(100, 105, { ports: PORTS + 1 }),
      line(100, 105, { status: 404 }),
    );
    expect(take(lines, 102)).toBeNull();
    expect(take(lines, 102, 404)?.status).toBe(404);
    const unknown = line(100, 105, { status: 502 });
    expect(take(waiting(unknown), 102, 0)).toBe(unknown);
  });
});

describe('lines that no request asks for', () => {
  it('are given up when they are old, and counted', () => {
    const lines = waiting(line(100, 105), line(120, 130));
    lines.expire(130);
    expect(lines).toMatchObject({ count: 1, unmatched: 1 });
    lines.clear();
    expect(lines).toMatchObject({ count: 0, unmatched: 2 });
  });

  it('make room for newer ones, oldest first', () => {
    const lines = new WaitingLines(3);
    for (let i = 0; i < 5; i++) lines.add(line(10 * i, 10 * i + 5));
    expect(lines).toMatchObject({ count: 3, unmatched: 2 });
    expect([0, 10, 20, 30, 40].map((ms) => take(lines, ms + 2) !== null)).toEqual([false, false, true, true, true]);
  });

  it('do not make a busy connection slow', () => {
    const lines = new WaitingLines(16_384);
    for (let i = 0; i < 16_384; i++) lines.add(line(2 * i, 2 * i + 1));
    const startMs = performance.now();
    for (let i = 16_384 - 500; i < 16_384; i++) expect(take(lines, 2 * i + 0.5)).not.toBeNull();
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});
