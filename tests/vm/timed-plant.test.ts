import { expect, it } from 'vitest';
import type { Summary } from '../../server/wire/views.ts';
import { LabRun } from './lab-run.ts';

const DELAY_MS = 8;

it('hopscope up --plant makes one layer slower for as long as it was told', async () => {
  const run = await LabRun.start('--rate', '50', '--duration', '14s', '--plant', `vnic:${DELAY_MS}ms@4s+6s`);
  const { code, stdout, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  const said = /planted for 6 s: vnic\.in 8\.00 ms on average, by QEMU.*no longer planted: vnic\.in/s;
  expect(stderr).toMatch(said);
  const { layers, exchanges, run: told } = JSON.parse(stdout) as Summary;
  const [mark] = told.notes.filter(({ kind }) => kind === 'plant');
  expect(mark).toMatchObject({ text: '8.00 ms in vnic.in' });
  expect((mark!.toMs! - mark!.atMs) / 1000).toBeCloseTo(6, 0);
  expect(exchanges.joined).toBe(700);
  const { p50, p90 } = layers.find(({ layer }) => layer === 'vnic.in')!;
  // Planted in six seconds of fourteen, evenly between 0 and twice the delay.
  expect(p50).toBeLessThan((DELAY_MS / 2) * 1e6);
  expect(p90).toBeGreaterThan(DELAY_MS * 1e6);
}, 240_000);
