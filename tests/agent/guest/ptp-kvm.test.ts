import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PtpKvm, readPrecise } from '../../../agent/guest/ptp-kvm.ts';
import { WallOffset } from '../../../server/clock/wall-offset.ts';
import { machineReading } from '../../../server/clock-events.ts';
import type { ClockPairing, ClockReading } from '../../../server/wire/messages.ts';

/** Taken by this code in a real guest under KVM. */
const { samples } = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/ptp-kvm.json'), 'utf8')) as {
  samples: { pairing: ClockPairing; clocks: ClockReading }[];
};

const folder = mkdtempSync(join(tmpdir(), 'hopscope-ptp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder that looks like /sys/class/ptp, with one clock. */
function sysWith(clockName: string): string {
  const sys = mkdtempSync(join(folder, 'sys-'));
  mkdirSync(join(sys, 'ptp0'));
  writeFileSync(join(sys, 'ptp0/clock_name'), `${clockName}\n`);
  return sys;
}

describe('ptp_kvm', () => {
  it('is read as the kernel lays it out', () => {
    const bytes = new Uint8Array(64);
    const view = new DataView(bytes.buffer);
    [1_795_379_088n, 736_775_208n, 1_795_379_088n, 442_369_278n].forEach((value, i) => {
      const at = Math.floor(i / 2) * 16;
      if (i % 2 === 0) view.setBigInt64(at, value, true);
      else view.setUint32(at + 8, Number(value), true);
    });
    expect(readPrecise(bytes)).toEqual(samples[0]?.pairing);
  });

  it('paired in a real guest with a rate that stands still to 0.1 ppm', () => {
    const apart = samples.map(({ pairing }) => BigInt(pairing.hostRealtimeNs) - BigInt(pairing.guestRealtimeNs));
    const spanNs = Number(
      BigInt(samples.at(-1)?.pairing.guestRealtimeNs ?? 0) - BigInt(samples[0]?.pairing.guestRealtimeNs ?? 0),
    );
    expect(spanNs).toBeGreaterThan(3e9);
    expect(Math.abs(Number((apart.at(-1) as bigint) - (apart[0] as bigint)))).toBeLessThan(spanNs * 1e-7);
  });

  it('paired before the clocks of the same report were read, by their own scale', () => {
    const wall = new WallOffset();
    for (const { clocks } of samples) wall.observe(machineReading(clocks));
    const best = wall.best as NonNullable<typeof wall.best>;
    expect(best.boundNs).toBeLessThan(10_000);
    for (const { pairing, clocks } of samples) {
      const agoNs = Number(BigInt(clocks.monotonicNs) - (BigInt(pairing.guestRealtimeNs) - best.ns));
      expect(agoNs).toBeGreaterThan(-best.boundNs);
      expect(agoNs).toBeLessThan(100e6);
    }
  });

  it('is named as missing where no PTP clock is KVM’s', () => {
    const ptp = new PtpKvm(sysWith('some NIC'), '/dev');
    expect(ptp.sample()).toBeNull();
    expect(ptp.reason).toMatch(/no "KVM virtual PTP" .* modprobe ptp_kvm in the guest/);
    expect(new PtpKvm(join(folder, 'nothing')).reason).toBe(
      ptp.reason.replace(/in \/\S+:/, `in ${join(folder, 'nothing')}:`),
    );
  });

  it('says what the kernel refused', () => {
    expect(new PtpKvm(sysWith('KVM virtual PTP'), join(folder, 'no-dev')).reason).toMatch(/ENOENT/);
    const dev = mkdtempSync(join(folder, 'dev-'));
    writeFileSync(join(dev, 'ptp0'), '');
    const noClock = new PtpKvm(sysWith('KVM virtual PTP'), dev);
    expect(noClock.sample()).toBeNull();
    expect(noClock.reason).toMatch(/ptp_kvm cannot pair: ENOTTY/);
    noClock.close();
  });
});
