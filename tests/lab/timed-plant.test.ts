import { describe, expect, it } from 'vitest';
import { needsShell, parseTimedPlant, plantProblem } from '../../lab/timed-plant.ts';

describe('parseTimedPlant', () => {
  it('reads a layer, a delay, when it begins and for how long', () => {
    expect(parseTimedPlant('service:2.5ms@1m+20s')).toEqual({
      layer: 'service',
      delayNs: 2.5e6,
      fromS: 60,
      forS: 20,
    });
  });

  it('takes the way of the request where a layer has two, and goes on to the end where no end is given', () => {
    expect(parseTimedPlant('vnic:5ms@0s')).toEqual({ layer: 'vnic.in', delayNs: 5e6, fromS: 0, forS: null });
    expect(parseTimedPlant('vnic.out:5ms@30s').layer).toBe('vnic.out');
  });

  it.each([
    ['vnic', 'expected LAYER:DELAY@START or LAYER:DELAY@START+FOR'],
    ['disk:5ms@30s', 'there is no such layer. There are: nic.in,'],
    ['client:5ms@30s', 'client cannot be planted here (estimated'],
    ['vnic:5s@30s', 'expected a number from 0.1 to 20'],
    ['vnic:five@30s', 'expected something like 20s'],
    ['vnic:5ms@soon', 'expected something like 20s'],
  ])('says what is wrong with %s', (text, complaint) => {
    expect(() => parseTimedPlant(text)).toThrow(complaint);
  });
});

describe('plantProblem', () => {
  it('refuses to keep a CPU busy for more than a third of the time, and says which rate is possible', () => {
    const plant = parseTimedPlant('switch:5ms@30s');
    expect(plantProblem(plant, 60)).toBeNull();
    expect(plantProblem(plant, 200)).toBe(
      'a delay in switch.in keeps a CPU busy while it lasts: with 5.00 ms use --rate 60 or less',
    );
  });

  it('lets QEMU hold back what is in the vNIC at any rate', () => {
    expect(plantProblem(parseTimedPlant('vnic:20ms@30s'), 5_000)).toBeNull();
  });
});

it('needs a shell for what is planted in the guest, not for the host', () => {
  expect(needsShell(parseTimedPlant('wait:1ms@1s'))).toBe(true);
  expect(needsShell(parseTimedPlant('nic.out:1ms@1s'))).toBe(false);
});
