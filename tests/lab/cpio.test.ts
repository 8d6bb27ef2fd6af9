import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpioArchive, cpioFile } from '../../lab/cpio.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-cpio-'));
  chmodSync(folder, 0o700);
});
afterEach(() => rmSync(folder, { recursive: true }));

// busybox unpacks cpio itself, and the guest's busybox is what the image has: an outside reader.
const busybox = findBusybox();

describe('cpioArchive', () => {
  it.skipIf(busybox === null)('is unpacked by an outside cpio to the same bytes, modes and folders', () => {
    const bytes = Buffer.from(Array.from({ length: 5001 }, (_, i) => i % 256));
    const archive = cpioArchive([
      cpioFile('a/b/odd-length', bytes),
      cpioFile('a/run', '#!/bin/sh\n', true),
      { ...cpioFile('token', 'secret'), mode: 0o100600 },
    ]);
    execFileSync(busybox![0]!, [...busybox!.slice(1), '-idm', '--quiet'], { cwd: folder, input: archive });
    expect(readFileSync(join(folder, 'a/b/odd-length'))).toEqual(bytes);
    expect(statSync(join(folder, 'a/run')).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600);
  });

  it('pads to whole blocks, so that archives can follow one another', () => {
    expect(cpioArchive([cpioFile('x', 'y')]).length % 512).toBe(0);
  });
});

function findBusybox(): string[] | null {
  for (const candidate of [['cpio'], ['busybox', 'cpio']]) {
    try {
      execFileSync(candidate[0]!, [...candidate.slice(1), '--help'], { stdio: 'ignore' });
      return candidate;
    } catch {
      // Not on this machine: try the next.
    }
  }
  return null;
}
