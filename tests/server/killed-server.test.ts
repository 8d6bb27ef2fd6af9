import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killAgainAndAgain } from './killed-server.ts';

describe('a server that is killed under load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-killed-'));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has every request exactly once in its store in the end', async () => {
    const result = await killAgainAndAgain({ folder, kills: 5, rate: 500, livesMs: [50, 1_500], lonelyEvery: 997 });
    expect(result.sent).toBeGreaterThan(1_000);
    expect(result).toMatchObject({
      rows: result.sent,
      requests: result.sent,
      dropped: 0,
      runless: 0,
      wrongSeconds: [],
      wrongMinutes: [],
    });
    expect(result.seconds).toBeGreaterThan(3);
    expect(result.minutes).toBeGreaterThan(1);
  }, 180_000);
});
