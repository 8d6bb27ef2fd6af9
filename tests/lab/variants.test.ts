import { describe, expect, it } from 'vitest';
import { variantsOf } from '../../lab/variants.ts';

describe('variantsOf', () => {
  it('asks each NIC at an address of a network of its own', () => {
    expect(variantsOf(['virtio-net-pci', 'e1000'], ['on'])).toEqual([
      { name: 'virtio-net-pci', nic: { model: 'virtio-net-pci', offloads: 'on' }, address: '10.77.0.10' },
      { name: 'e1000', nic: { model: 'e1000', offloads: 'on' }, address: '10.78.0.10' },
    ]);
  });

  it('letters a model that is compared with itself', () => {
    const names = variantsOf(['e1000', 'pcnet', 'e1000'], ['on']).map(({ name }) => name);
    expect(names).toEqual(['e1000-A', 'pcnet', 'e1000-B']);
  });

  it('has a NIC for each of its settings', () => {
    const variants = variantsOf(['e1000'], ['on', 'off']);
    expect(variants.map(({ name, nic }) => [name, nic.offloads])).toEqual([
      ['e1000-offloads-on', 'on'],
      ['e1000-offloads-off', 'off'],
    ]);
    expect(variants.map(({ address }) => address)).toEqual(['10.77.0.10', '10.78.0.10']);
  });
});
