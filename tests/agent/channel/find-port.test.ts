import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNEL_NAME, openPort, portDevice } from '../../../agent/channel/find-port.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hopscope-port-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function file(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe("the guest's port", () => {
  it('is the one that the kernel names so, where there is no udev', () => {
    file('sys/class/virtio-ports/vport1p1/name', 'org.qemu.guest_agent.0\n');
    file('sys/class/virtio-ports/vport1p2/name', `${CHANNEL_NAME}\n`);
    expect(portDevice(CHANNEL_NAME, root)).toBe('/dev/vport1p2');
    expect(portDevice('org.other.0', root)).toBeNull();
  });

  it("is udev's link where there is one", () => {
    file('dev/vport3p1', '');
    mkdirSync(join(root, 'dev/virtio-ports'));
    symlinkSync('../vport3p1', join(root, 'dev/virtio-ports', CHANNEL_NAME));
    expect(portDevice(CHANNEL_NAME, root)).toBe(`/dev/virtio-ports/${CHANNEL_NAME}`);
  });

  it('may be named by its device', () => {
    file('dev/vport3p1', '');
    expect(portDevice('/dev/vport3p1', root)).toBe('/dev/vport3p1');
    expect(portDevice('/dev/vport3p2', root)).toBeNull();
  });

  it('that is missing comes with what to do', () => {
    expect(openPort('org.nobody.0')).toEqual({
      ok: false,
      reason: expect.stringMatching(/no port org\.nobody\.0; give the VM a virtio-serial channel.*or use --server ws:/),
    });
    expect(openPort(root)).toMatchObject({ ok: false, reason: expect.stringContaining('EISDIR') });
  });
});
