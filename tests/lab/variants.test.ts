import { describe, expect, it } from 'vitest';
import { nicVariants } from '../../lab/variants.ts';

describe('nicVariants', () => {
  it('asks each NIC at an address of a network of its own', () => {
    expect(nicVariants(['virtio-net-pci', 'e1000'])).toEqual([
      { name: 'virtio-net-pci', nic: 'virtio-net-pci', address: '10.77.0.10' },
      { name: 'e1000', nic: 'e1000', address: '10.78.0.10' },
    ]);
  });

  it('letters a model that is compared with itself', () => {
    const names = nicVariants(['e1000', 'pcnet', 'e1000']).map(({ name }) => name);
    expect(names).toEqual(['e1000-A', 'pcnet', 'e1000-B']);
  });
});
