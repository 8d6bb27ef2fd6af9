import { describe, expect, it } from 'vitest';
import { NIC_MODELS } from '../../lab/nic-models.ts';
import { nicsTable, parseNicsOptions } from '../../lab/nics.ts';

describe('parseNicsOptions', () => {
  it('takes all models where none is named', () => {
    expect(parseNicsOptions([])).toMatchObject({ ok: true, options: { models: Object.keys(NIC_MODELS), json: false } });
  });

  it('takes a list, and hands load flags on', () => {
    const parsed = parseNicsOptions(['--models', 'e1000, pcnet', '--rate', '50', '--json']);
    expect(parsed).toMatchObject({ ok: true, options: { models: ['e1000', 'pcnet'], json: true } });
    expect(parsed.ok && parsed.options.upFlags).toEqual(expect.arrayContaining(['--rate', '50']));
  });

  it('refuses a model that is not there, with exit code 2', () => {
    expect(parseNicsOptions(['--models', 'e1000,ne3200'])).toEqual({ ok: false, exitCode: 2 });
  });
});

describe('nicsTable', () => {
  const quantiles = { count: 2, p50: 250_000, p90: 300_000, p99: 1_500_000, p999: 2_000_000, mean: 260_000 };
  const summary = {
    layers: [{ layer: 'vnic.in', bound: 90_000, ...quantiles }],
    endToEnd: quantiles,
    vnicRoundTrip: quantiles,
    clock: { boundNs: 90_000 },
    exchanges: { complete: 2, answered: 2 },
  } as unknown as Parameters<typeof nicsTable>[0] extends ReadonlyMap<string, infer S> ? S : never;

  it('puts the models side by side, every row as wide as the others', () => {
    const lines = nicsTable(
      new Map([
        ['e1000', summary],
        ['virtio-net-pci', summary],
      ]),
    );
    expect(lines[1]).toContain('250 µs / 1.50 ms');
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});
