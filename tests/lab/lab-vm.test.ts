import { describe, expect, it } from 'vitest';
import { checkMemory, placedVms, sharingText, vmsOf } from '../../lab/lab-vm.ts';

describe('the guests of a run', () => {
  it('are one called web1, or several called by number, each with its card', () => {
    expect(vmsOf(1, ['e1000'])).toEqual([{ name: 'web1', nics: [{ model: 'e1000', offloads: 'on' }] }]);
    const two = vmsOf(2, ['virtio-net-pci', 'e1000']);
    expect(two.map(({ name, nics }) => [name, nics[0]?.model])).toEqual([
      ['vm0', 'virtio-net-pci'],
      ['vm1', 'e1000'],
    ]);
    expect(vmsOf(3, ['e1000']).map(({ nics }) => nics[0]?.model)).toEqual(['e1000', 'e1000', 'e1000']);
  });

  it('share no tap, address or port', () => {
    const placed = placedVms(vmsOf(3, ['virtio-net-pci']));
    expect(placed.map(({ firstNic, address }) => [firstNic, address])).toEqual([
      [0, '10.77.0.10'],
      [1, '10.78.0.10'],
      [2, '10.79.0.10'],
    ]);
    const ports = placed.flatMap(({ shellPort, accessLogPort }) => [shellPort, accessLogPort]);
    expect(new Set(ports).size).toBe(6);
    expect(placed.map(({ suffix }) => suffix)).toEqual(['-vm0', '-vm1', '-vm2']);
    expect(placedVms(vmsOf(1, ['e1000']))[0]).toMatchObject({ suffix: '', shellPort: 2222, accessLogPort: 7118 });
  });

  it('say what they share, where there are several', () => {
    expect(sharingText(1, 2)).toBeNull();
    expect(sharingText(2, 2)).toMatch(/^2 guests of 1 vCPU and 768 MiB each share this machine's 2 CPUs/);
  });

  it('are not begun where their memory is not there', () => {
    const free = (mib: number) => `MemTotal: 9 kB\nMemAvailable:   ${mib * 1024} kB\n`;
    expect(() => checkMemory(2, free(1600))).not.toThrow();
    expect(() => checkMemory(2, free(1500))).toThrow('2 guests need 1536 MiB, and 1500 MiB are free');
    expect(() => checkMemory(1, free(10))).not.toThrow();
  });
});
