import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseReceiver } from '../../../server/notify/receiver.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

function file(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-receiver-'));
  made.push(folder);
  writeFileSync(join(folder, 'address'), content);
  return join(folder, 'address');
}

describe('parseReceiver', () => {
  it('finds the API below the address of an Alertmanager', () => {
    for (const [address, url] of [
      ['http://am:9093', 'http://am:9093/api/v2/alerts'],
      ['https://am.example/alerts/', 'https://am.example/alerts/api/v2/alerts'],
    ] as const) {
      expect(parseReceiver('alertmanager', address, true)).toMatchObject({ ok: true, receiver: { url } });
    }
  });

  it('reads an address and a token from a file', () => {
    const path = file('https://hooks.example/T0/hush\nsesame\n');
    expect(parseReceiver('webhook', `@${path}`, true)).toEqual({
      ok: true,
      receiver: {
        ...{ kind: 'webhook', url: 'https://hooks.example/T0/hush' },
        ...{ authorization: 'Bearer sesame', name: 'https://hooks.example' },
      },
    });
  });

  it('takes a user and a password where nobody sees them, and says where that is', () => {
    const address = 'https://me:p%40ss@hooks.example/x';
    expect(parseReceiver('webhook', address, false)).toMatchObject({
      receiver: { url: 'https://hooks.example/x', authorization: `Basic ${btoa('me:p@ss')}` },
    });
    expect(parseReceiver('webhook', address, true)).toMatchObject({
      ok: false,
      fault: expect.stringContaining('@FILE'),
    });
  });

  it.each([
    ['hooks.example/secret', 'no address'],
    ['ftp://hooks.example/secret', 'no address'],
    ['@/nowhere/at/all', 'cannot be read (ENOENT)'],
  ])('refuses %s without repeating what may be secret', (text, why) => {
    const result = parseReceiver('webhook', text, true);
    expect(result).toMatchObject({ ok: false, fault: expect.stringContaining(why) });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('refuses a user and a token for one receiver', () => {
    const path = file('https://me:x@hooks.example/\nsesame');
    expect(parseReceiver('webhook', `@${path}`, true)).toMatchObject({ ok: false });
  });
});
