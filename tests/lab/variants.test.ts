import { describe, expect, it } from 'vitest';
import { type Axes, variantsOf } from '../../lab/variants.ts';

const BOOT = { vcpus: 1, kernel: '6.1', accel: 'auto' };
const ONE: Axes = { nics: ['virtio-net-pci'], offloads: ['on'], vcpus: [1], kernels: ['6.1'], accels: ['auto'] };
const varied = (changes: Partial<Axes>) => variantsOf({ ...ONE, ...changes });

describe('variantsOf', () => {
  it('asks each NIC at an address of a network of its own', () => {
    expect(varied({ nics: ['virtio-net-pci', 'e1000'] })).toEqual([
      { name: 'virtio-net-pci', nic: { model: 'virtio-net-pci', offloads: 'on' }, boot: BOOT, address: '10.77.0.10' },
      { name: 'e1000', nic: { model: 'e1000', offloads: 'on' }, boot: BOOT, address: '10.78.0.10' },
    ]);
  });

  it('letters a model that is compared with itself', () => {
    const names = varied({ nics: ['e1000', 'pcnet', 'e1000'] }).map(({ name }) => name);
    expect(names).toEqual(['e1000-A', 'pcnet', 'e1000-B']);
  });

  it('has a NIC for each of its settings', () => {
    const variants = varied({ nics: ['e1000'], offloads: ['on', 'off'] });
    expect(variants.map(({ name, nic }) => [name, nic.offloads])).toEqual([
      ['e1000-offloads-on', 'on'],
      ['e1000-offloads-off', 'off'],
    ]);
    expect(variants.map(({ address }) => address)).toEqual(['10.77.0.10', '10.78.0.10']);
  });

  it('boots all NICs of a comparison as it was told', () => {
    const variants = varied({ nics: ['e1000', 'pcnet'], vcpus: [2], kernels: ['6.12'], accels: ['tcg'] });
    for (const { boot } of variants) expect(boot).toEqual({ vcpus: 2, kernel: '6.12', accel: 'tcg' });
  });

  it.each([
    [{ vcpus: [1, 2] }, ['vcpus-1', 'vcpus-2'], [BOOT, { ...BOOT, vcpus: 2 }]],
    [
      { kernels: ['6.12', '5.10'] as const },
      ['kernel-6.12', 'kernel-5.10'],
      ['6.12', '5.10'].map((kernel) => ({ ...BOOT, kernel })),
    ],
    [
      { accels: ['tcg', 'kvm'] as const },
      ['accel-tcg', 'accel-kvm'],
      ['tcg', 'kvm'].map((accel) => ({ ...BOOT, accel })),
    ],
    [{ vcpus: [1, 1] }, ['vcpus-1-A', 'vcpus-1-B'], [BOOT, BOOT]],
  ])('has a guest with the same NIC for each value of %j', (changes, names, boots) => {
    const variants = varied({ nics: ['e1000'], ...changes });
    expect(variants.map(({ name }) => name)).toEqual(names);
    expect(variants.map(({ boot }) => boot)).toEqual(boots);
    variants.forEach(({ nic, address }, index) => {
      expect([nic, address]).toEqual([{ model: 'e1000', offloads: 'on' }, `10.${77 + index}.0.10`]);
    });
  });
});
