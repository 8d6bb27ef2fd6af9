import { describe, expect, it } from 'vitest';
import { MAX_VMS, OTHER_VMS, VmTable } from '../../server/vm-table.ts';
import type { VmInfo } from '../../server/wire/messages.ts';
import { VMS } from './exchanges.ts';

function name(table: VmTable, host: number, ifindex: number, guest: number): string | undefined {
  return table.names[table.indexOf(host, ifindex, guest)];
}

describe('VmTable', () => {
  it("prefers the host's name for a tap, then the guest's hostname, then a number", () => {
    const table = new VmTable();
    table.setHost(0, 'hv1');
    table.setGuest(5, 'web1');
    expect(name(table, 0, 12, 5)).toBe('web1');
    table.setVms(0, VMS.vms);
    expect(name(table, 0, 12, 5)).toBe('shop');
    expect(name(table, 0, 13, 5)).toBe('web1');
    expect(name(table, 0, 13, 6)).toBe('guest-6');
    expect(table.infoOfGuest(5)?.nicModel).toBe('virtio-net-pci');
  });

  it('takes from a killed agent only the taps that nobody else knows', () => {
    const table = new VmTable();
    const [vm] = VMS.vms as [VmInfo];
    table.setHost(0, 'hv1');
    table.setVms(0, [vm]);
    const old = [vm, { ...vm, ifindex: 11 }].map((each) => ({ ...each, name: 'of-yesterday' }));
    table.setVms(0, old, true);
    expect([name(table, 0, 12, 5), name(table, 0, 11, 5)]).toEqual(['shop', 'of-yesterday']);
    table.setVms(0, [vm]);
    expect(table.infoOfTap(0, 11)).toBeUndefined();
  });

  it('tells VMs of one name on two hosts apart', () => {
    const table = new VmTable();
    table.setHost(0, 'hv1');
    table.setHost(1, 'hv2');
    table.setGuest(5, 'web');
    expect(name(table, 0, 1, 5)).toBe('web');
    expect(name(table, 1, 1, 5)).toBe('web@hv2');
    expect(name(table, 0, 1, 5)).toBe('web');
    expect(table.find('web@hv2')).toBe(1);
    expect(table.find('nobody')).toBeUndefined();
  });

  it('stays bounded: further names go together', () => {
    const table = new VmTable();
    for (let i = 0; i < MAX_VMS + 5; i++) table.indexOf(0, 0, i);
    expect(table.names).toHaveLength(MAX_VMS);
    expect(name(table, 0, 0, MAX_VMS + 3)).toBe(OTHER_VMS);
    expect(name(table, 0, 0, 1)).toBe('guest-1');
  });
});
