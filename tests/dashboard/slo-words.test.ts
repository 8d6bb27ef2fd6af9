import { describe, expect, it } from 'vitest';
import { join } from '../../dashboard/format.ts';
import { alertSaid, burnQuantity, byUrgency, minutesWords, shareCut, shareExact } from '../../dashboard/slo-words.ts';
import type { SloAlert, SloResult } from '../../server/wire/slo-views.ts';

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('a share of an objective', () => {
  it('is cut, never rounded up to a promise that was not kept', () => {
    expect(plain(join(shareExact(0.99999999)))).toBe('99.9999 %');
    expect(plain(join(shareExact(0.999)))).toBe('99.9 %');
    expect(plain(join(shareExact(1)))).toBe('100 %');
    expect(plain(join(shareExact(100 / 120)))).toBe('83.3333 %');
    expect(join(shareExact(null))).toBe('–');
  });

  it('of a budget may be negative, and is so as soon as anything is overspent', () => {
    expect(plain(join(shareCut(-15.6666, 1)))).toBe('−1 566.7 %');
    expect(plain(join(shareCut(-0.0001, 1)))).toBe('−0.1 %');
    expect(plain(join(shareCut(0.29, 1)))).toBe('29.0 %');
    expect(plain(join(shareCut(0, 1)))).toBe('0.0 %');
    expect(plain(join(shareCut(-1234.5, 1)))).toBe('−123 450.0 %');
  });
});

describe('burn and windows', () => {
  it('have their unit, and a dash where there was nothing', () => {
    expect(plain(join(burnQuantity(14.4)))).toBe('14.4 ×');
    expect(plain(join(burnQuantity(0.934)))).toBe('0.93 ×');
    expect(join(burnQuantity(null))).toBe('–');
    expect([5, 60, 360, 4_320, 90].map((minutes) => plain(minutesWords(minutes)))).toEqual([
      ...['5 min', '1 h', '6 h', '3 d', '90 min'],
    ]);
  });
});

describe('alerts and objectives', () => {
  const alert = (state: SloAlert['state'], sinceMs: number | null, held = false) => ({ state, sinceMs, held });
  const nowMs = new Date(2026, 10, 23, 12).getTime();

  it('say since when, with the day where it is another one, and why they do not resolve', () => {
    expect(alertSaid(alert('firing', nowMs - 60_000), nowMs)).toMatchObject({
      mark: '✕',
      text: 'firing since 11:59:00',
    });
    expect(alertSaid(alert('pending', nowMs - 86_400_000), nowMs).text).toBe('pending since 2026-11-22 12:00');
    expect(alertSaid(alert('firing', nowMs, true), nowMs).text).toMatch(/; held: minutes are missing$/);
    expect(alertSaid(alert('inactive', nowMs), nowMs).tone).toBe('ok');
  });

  it('come in the order in which they need somebody', () => {
    const one = (objective: string, state: SloResult['state'], fires = false) =>
      ({ objective, state, alerts: fires ? [{ state: 'firing' }] : [] }) as unknown as SloResult;
    const all = [one('a', 'kept'), one('b', 'no data'), one('c', 'missed'), one('d', 'kept', true)];
    expect(byUrgency(all).map(({ objective }) => objective)).toEqual(['d', 'c', 'b', 'a']);
  });
});
