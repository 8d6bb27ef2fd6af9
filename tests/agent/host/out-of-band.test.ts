import { existsSync } from 'node:fs';
import fc from 'fast-check';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BpfObject } from '../../../agent/bpf-object.ts';
import { readCounters } from '../../../agent/counters.ts';
import { libbpf, silenceLibbpf } from '../../../agent/libbpf.ts';
import { DEFAULT_TIMES, settingsBytes } from '../../../agent/settings.ts';
import { FLAGS, frameOf } from '../raw-link.ts';
import { HOST_OBJECT } from '../traced-host.ts';

/** Let it pass; go on as if no filter was there. */
const XDP_PASS = 2;
const TC_ACT_UNSPEC = 0xffff_ffff;
const PROGRAMS = {
  nic_rx_xdp: XDP_PASS,
  port_rx_tc: TC_ACT_UNSPEC,
  tap_tx_tc: TC_ACT_UNSPEC,
  tap_rx_tc: TC_ACT_UNSPEC,
  port_tx_tc: TC_ACT_UNSPEC,
} as const;
const FLOWS = 1024;
const CLIENT = { mac: '02:00:00:00:00:01', v4: '10.0.0.1', port: 40_000 };
const SERVER = { mac: '02:00:00:00:00:02', v4: '10.0.0.2', port: 80 };
let object: BpfObject;

beforeAll(() => {
  if (!existsSync(HOST_OBJECT)) throw new Error(`${HOST_OBJECT} is not built: npm run setup`);
  silenceLibbpf();
  const settings = settingsBytes({
    ...DEFAULT_TIMES.host,
    netns: 0,
    wakeRecords: 1,
    captureHttp: true,
    entrySlot: 0,
    exitSlot: 5,
    present: 0b11_1111,
    flowMask: FLOWS - 1,
    seed: 7,
    ports: [SERVER.port],
  });
  const loaded = BpfObject.load(HOST_OBJECT, new Set(Object.keys(PROGRAMS)), settings, { flows: FLOWS });
  if (!loaded.ok) throw new Error(loaded.reason);
  object = loaded.object;
});
afterAll(() => object?.close());

/** The kernel runs a program on a frame: what it answers, and the frame afterwards. */
function runOn(program: string, frame: Buffer): { verdict: number; after: Buffer } {
  const after = Buffer.alloc(frame.length + 256);
  const options = Buffer.alloc(80); // struct bpf_test_run_opts
  options.writeBigUInt64LE(BigInt(options.length), 0);
  options.writeBigUInt64LE(BigInt(koffi.address(frame)), 8);
  options.writeBigUInt64LE(BigInt(koffi.address(after)), 16);
  options.writeUInt32LE(frame.length, 24);
  options.writeUInt32LE(after.length, 28);
  const status = libbpf.testRun(object.programFd(program), options) as number;
  if (status !== 0) throw new Error(`${program}: test run failed with ${status}`);
  return { verdict: options.readUInt32LE(56), after: after.subarray(0, options.readUInt32LE(28)) };
}

function expectUntouched(frame: Buffer): void {
  for (const [program, pass] of Object.entries(PROGRAMS)) {
    const before = Buffer.from(frame);
    const { verdict, after } = runOn(program, frame);
    expect(verdict, program).toBe(pass);
    expect(after.equals(before), `${program} changed the frame`).toBe(true);
  }
}

const side = fc.constantFrom([CLIENT, SERVER] as const, [SERVER, CLIENT] as const);
const segment = fc
  .record({
    ends: side,
    seq: fc.integer({ min: 0, max: 0xffff_ffff }),
    flags: fc.constantFrom(...Object.values(FLAGS)),
    payload: fc.integer({ min: 0, max: 1400 }),
    vlan: fc.option(fc.integer({ min: 1, max: 4094 }), { nil: undefined }),
  })
  .map(({ ends: [from, to], vlan, ...rest }) =>
    frameOf({ from, to, ...rest, ...(vlan === undefined ? {} : { vlan }) }),
  );
/** Long enough to lie outside the heap that moves, and for an Ethernet header. */
const garbage = fc.uint8Array({ minLength: 80, maxLength: 1500 }).map((bytes) => Buffer.from(bytes));

describe('the host programs that a packet meets', () => {
  it('law 4, out of band: let every frame pass as it was, whatever is in it', () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: segment }, garbage), (frame) => {
        expectUntouched(frame.length < 80 ? Buffer.concat([frame], 80) : frame);
      }),
      { numRuns: 300 },
    );
    // They did look: exchanges were begun.
    expect(readCounters(object.mapFd('counters')).begun).toBeGreaterThan(0);
  });
});
