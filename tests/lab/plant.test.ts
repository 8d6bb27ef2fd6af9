import { describe, expect, it, vi } from 'vitest';
import { parsePlantOptions, plantTable } from '../../lab/plant.ts';
import { CANNOT_BE_PLANTED, PLANT_LAYERS } from '../../lab/plant-points.ts';
import { LAYER_IDS, LAYERS } from '../../server/wire/stations.ts';

function refusal(...args: string[]): string {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    expect(parsePlantOptions(args)).toEqual({ ok: false, exitCode: 2 });
    return write.mock.calls.join('');
  } finally {
    write.mockRestore();
  }
}

describe('parsePlantOptions', () => {
  it('wants a layer and a delay, and has defaults for the rest', () => {
    const options = { layer: 'tcp.in', delayNs: 500_000, nic: 'virtio-net-pci', rate: 20, pairs: 20, port: 7117 };
    expect(parsePlantOptions(['--layer', 'tcp.in', '--delay', '0.5'])).toEqual({
      ok: true,
      options: { ...options, json: false },
    });
  });

  it('takes a CPU hog in place of a delay, on the host or in a guest', () => {
    const options = { nic: 'virtio-net-pci', rate: 20, pairs: 3, port: 7117, json: false };
    expect(parsePlantOptions(['--layer', 'guest.cpu', '--vm', 'vm0'])).toEqual({
      ok: true,
      options: { ...options, layer: 'guest.cpu', vm: 'vm0' },
    });
    expect(parsePlantOptions(['--layer', 'host.cpu', '--pairs', '2'])).toMatchObject({
      ok: true,
      options: { layer: 'host.cpu', pairs: 2 },
    });
    expect(refusal('--layer', 'guest.cpu', '--vm', 'vm7')).toContain('Allowed choices are vm0, vm1');
    expect(refusal('--layer', 'guest.cpu', '--delay', '1')).toContain('--delay is of a layer');
    expect(refusal('--layer', 'host.cpu', '--vm', 'vm1')).toContain('host.cpu is in no VM');
    expect(refusal('--layer', 'wait', '--delay', '1', '--vm', 'vm1')).toContain('--vm is of guest.cpu');
    expect(refusal('--layer', 'wait')).toContain("'--delay <ms>' not specified for wait");
  });

  it('says which layers there are, and why one cannot be planted', () => {
    expect(refusal('--layer', 'moon', '--delay', '1')).toContain('There are: nic.in, switch.in, vnic.in');
    expect(refusal('--layer', 'client', '--delay', '1')).toContain('cannot be planted here (estimated');
  });

  it('refuses what would let requests queue', () => {
    expect(refusal('--layer', 'wait', '--delay', '21')).toContain('expected a number from 0.01 to 20');
    expect(refusal('--layer', 'wait', '--delay', '1', '--rate', '100')).toContain('expected a number from 1 to 40');
    expect(refusal('--delay', '1')).toContain("'--layer <layer>' not specified");
  });
});

describe('the plantable layers', () => {
  it('are, with those that cannot be planted, all layers of the path', () => {
    const summed = LAYERS.map(({ layer }) => layer as string);
    expect([...PLANT_LAYERS, ...Object.keys(CANNOT_BE_PLANTED)].toSorted()).toEqual(['client', ...summed].toSorted());
    expect(Object.keys(CANNOT_BE_PLANTED).every((layer) => (LAYER_IDS as string[]).includes(layer))).toBe(true);
  });
});

describe('plantTable', () => {
  const shift = { layer: 'wait', withoutNs: 600_000, withNs: 2_610_000, shiftNs: 2_010_000, noiseNs: 9_000 };
  const shifts = { layers: [shift], planted: 40, clean: 41 };

  it('shows each layer with and without, and how far the named size is off', () => {
    const lines = plantTable('wait', 2_000_000, shifts);
    expect(lines[1]).toMatch(/^wait +600 µs +2\.61 ms +2\.01 ms +9\.00 µs$/);
    expect(lines.slice(2)).toEqual([
      '40 requests with, 41 without',
      'planted: wait 2.00 ms; named: wait 2.01 ms (off by 10.0 µs)',
    ]);
  });

  it('says so when another layer was named, or none', () => {
    expect(plantTable('service', 2e6, shifts).at(-1)).toBe('planted: service 2.00 ms; named: wait 2.01 ms, WRONG');
    const noisy = { ...shifts, layers: [{ ...shift, noiseNs: 2e6 }] };
    expect(plantTable('wait', 2e6, noisy).at(-1)).toMatch(/named: no layer$/);
  });
});
