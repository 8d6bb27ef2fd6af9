import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  FLAGS,
  HEAD_BYTES,
  PROTOCOLS,
  RECORD_BYTES,
  RECORD_OFFSETS,
  RECORD_STATIONS,
  VANTAGE,
} from '../../../server/wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS } from '../../../server/wire/stations.ts';

const HEADERS = join(import.meta.dirname, '../../../agent/bpf');

/** A C program that prints record.h's numbers as JSON: what the compiler says, not what we read. */
const PROGRAM = `
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>
#include "record.h"
#define NUMBER(name, value) printf("\\"%s\\": %lu,\\n", name, (unsigned long)(value))
#define FIELD(name) NUMBER(#name, offsetof(struct hop_record, name)); NUMBER("size " #name, sizeof(((struct hop_record *)0)->name))
int main(void) {
  printf("{");
  ${Object.keys(RECORD_OFFSETS)
    .map((name) => `FIELD(${name});`)
    .join('\n  ')}
  ${Object.keys(FLAGS)
    .map((name) => `NUMBER("flag ${name}", HOP_${name.toUpperCase()});`)
    .join('\n  ')}
  ${PROTOCOLS.map((name) => `NUMBER("protocol ${name}", HOP_${name.replace('/', '').toUpperCase()});`).join('\n  ')}
  NUMBER("host", HOP_HOST);
  NUMBER("guest", HOP_GUEST);
  NUMBER("stations", HOP_STATIONS);
  NUMBER("head bytes", HOP_HEAD);
  printf("\\"record\\": %lu}", (unsigned long)sizeof(struct hop_record));
  return 0;
}
`;

/** Sizes that server/ reads each field with. */
const SIZES: Record<keyof typeof RECORD_OFFSETS, number> = {
  first: 8 * RECORD_STATIONS,
  last: 8 * RECORD_STATIONS,
  client: 16,
  server: 16,
  client_port: 2,
  server_port: 2,
  request_seq: 4,
  response_seq: 4,
  request_bytes: 4,
  response_bytes: 4,
  ifindex: 4,
  rtt_ns: 4,
  flags: 4,
  task: 4,
  acked_ns: 4,
  connect_ns: 4,
  run_delay_ns: 4,
  retransmits_in: 4,
  retransmits_out: 4,
  zero_windows: 1,
  syn_retries: 1,
  protocol: 1,
  responses: 1,
  status: 2,
  vantage: 1,
  head_len: 1,
  head: HEAD_BYTES,
};

function compiledLayout(): Record<string, number> {
  const directory = mkdtempSync(join(tmpdir(), 'hopscope-layout-'));
  try {
    const program = join(directory, 'layout');
    writeFileSync(`${program}.c`, PROGRAM);
    execFileSync('clang', ['-Wall', '-Werror', '-I', HEADERS, '-o', program, `${program}.c`], { stdio: 'pipe' });
    return JSON.parse(execFileSync(program, { encoding: 'utf8' }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('record.ts and record.h', () => {
  const layout = compiledLayout();

  it('agree on the offset and the size of every field', () => {
    for (const [name, offset] of Object.entries(RECORD_OFFSETS)) {
      expect(layout[name], `offset of ${name}`).toBe(offset);
      expect(layout[`size ${name}`], `size of ${name}`).toBe(SIZES[name as keyof typeof RECORD_OFFSETS]);
    }
    expect(layout.record).toBe(RECORD_BYTES);
  });

  it('leave no byte of the record to no field', () => {
    expect(Object.values(SIZES).reduce((a, b) => a + b)).toBe(RECORD_BYTES);
  });

  it('agree on flags, vantages and the number of stations', () => {
    for (const [name, bit] of Object.entries(FLAGS)) expect(layout[`flag ${name}`], name).toBe(bit);
    for (const [number, name] of PROTOCOLS.entries()) expect(layout[`protocol ${name}`], name).toBe(number);
    expect([layout.host, layout.guest]).toEqual([VANTAGE.host, VANTAGE.guest]);
    expect(layout.stations).toBe(RECORD_STATIONS);
    expect(layout.stations).toBe(Math.max(HOST_STATIONS.length, GUEST_STATIONS.length));
    expect(layout['head bytes']).toBe(HEAD_BYTES);
  });
});
