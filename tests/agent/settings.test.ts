import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMES, SETTINGS_BYTES, settingsBytes } from '../../agent/settings.ts';

const HEADERS = join(import.meta.dirname, '../../agent/bpf');
const FIELDS = [
  'quiet_ns',
  'stall_ns',
  'idle_ns',
  'netns',
  'wake_records',
  'capture_http',
  'entry_slot',
  'exit_slot',
  'present',
  'flow_mask',
  'seed',
];

/** A C program that reads the bytes of settings.ts as the struct and prints each field as JSON. */
const PROGRAM = `
#include <stdio.h>
#include <linux/types.h>
#include "settings.h"
static struct hop_settings s;
int main(void) {
  unsigned got = fread(&s, 1, sizeof(s), stdin);
  printf("{\\"bytes\\": %u, \\"size\\": %lu, \\"left\\": %d", got, (unsigned long)sizeof(s), getchar());
  ${FIELDS.map((name) => `printf(", \\"${name}\\": \\"%llu\\"", (unsigned long long)s.${name});`).join('\n  ')}
  printf(", \\"ports\\": [");
  for (unsigned port = 0, n = 0; port < 65536; port++)
    if (s.ports[port >> 3] & (1 << (port & 7)))
      printf(n++ ? ",%u" : "%u", port);
  printf("]}");
  return 0;
}
`;

const SETTINGS = {
  quietNs: 0x1122334455667788n,
  stallNs: 2_000_000_001n,
  idleNs: 60_000_000_003n,
  netns: 0xf0000007,
  wakeRecords: 256,
  captureHttp: true,
  entrySlot: 2,
  exitSlot: 5,
  present: 0x6f,
  flowMask: 16_383,
  seed: 0xdeadbeef,
  ports: [1, 80, 443, 8080, 65_535],
};

/** What a C compiler makes of the bytes. */
function readByC(bytes: Uint8Array): Record<string, unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'hopscope-settings-'));
  try {
    const program = join(directory, 'settings');
    writeFileSync(`${program}.c`, PROGRAM);
    execFileSync('clang', ['-Wall', '-Werror', '-I', HEADERS, '-o', program, `${program}.c`], { stdio: 'pipe' });
    return JSON.parse(execFileSync(program, { input: bytes, encoding: 'utf8' }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('settings.ts and settings.h', () => {
  it('agree on the size, on every field and on every port', () => {
    expect(readByC(settingsBytes(SETTINGS))).toEqual({
      bytes: SETTINGS_BYTES,
      size: SETTINGS_BYTES,
      left: -1,
      quiet_ns: String(SETTINGS.quietNs),
      stall_ns: String(SETTINGS.stallNs),
      idle_ns: String(SETTINGS.idleNs),
      netns: String(SETTINGS.netns),
      wake_records: '256',
      capture_http: '1',
      entry_slot: '2',
      exit_slot: '5',
      present: String(0x6f),
      flow_mask: '16383',
      seed: String(0xdeadbeef),
      ports: SETTINGS.ports,
    });
  });

  it('say so when HTTP heads stay unread', () => {
    const silent = { ...SETTINGS, ...DEFAULT_TIMES.guest, captureHttp: false, ports: [] };
    expect(readByC(settingsBytes(silent))).toMatchObject({ capture_http: '0', ports: [], quiet_ns: '15000000' });
  });
});
