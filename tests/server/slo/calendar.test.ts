import { describe, expect, it } from 'vitest';
import { type Calendar, parseLocalTime, periodAt } from '../../../server/slo/calendar.ts';
import { parseDuration } from '../../../server/slo/duration.ts';

function period(start: string, timeZone: string, length: string, at: string): string[] {
  const calendar: Calendar = { start: parseLocalTime(start)!, timeZone };
  const { fromMs, toMs } = periodAt(calendar, parseDuration(length)!, Date.parse(at));
  return [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 16));
}

describe('a calendar window', () => {
  it('begins with the month of its zone', () => {
    expect(period('2026-01-01 00:00:00', 'America/New_York', '1M', '2026-07-15T12:00Z')).toEqual([
      ...['2026-07-01T04:00', '2026-08-01T04:00'],
    ]);
    // Still June there.
    expect(period('2026-01-01 00:00:00', 'America/New_York', '1M', '2026-07-01T03:59Z')).toEqual([
      ...['2026-06-01T04:00', '2026-07-01T04:00'],
    ]);
  });

  it('is an hour shorter or longer where summer time begins or ends in it', () => {
    expect(period('2026-01-01 00:00:00', 'Europe/Berlin', '1d', '2026-03-29T12:00Z')).toEqual([
      ...['2026-03-28T23:00', '2026-03-29T22:00'],
    ]);
    expect(period('2026-01-01 00:00:00', 'Europe/Berlin', '1d', '2026-10-25T12:00Z')).toEqual([
      ...['2026-10-24T22:00', '2026-10-25T23:00'],
    ]);
  });

  it('that begins on the 31st begins on the last day of shorter months', () => {
    expect(period('2026-01-31 12:30:00', 'UTC', '1M', '2026-03-01T00:00Z')).toEqual([
      ...['2026-02-28T12:30', '2026-03-31T12:30'],
    ]);
  });

  it('goes on before its start, by quarters, years and weeks too', () => {
    expect(period('2026-01-01 00:00:00', 'UTC', '1Q', '2025-12-31T23:59Z')[0]).toBe('2025-10-01T00:00');
    expect(period('2024-02-29 00:00:00', 'UTC', '1Y', '2026-01-01T00:00Z')[0]).toBe('2025-02-28T00:00');
    expect(period('2026-01-05 00:00:00', 'UTC', '1w', '2026-03-01T00:00Z')).toEqual([
      ...['2026-02-23T00:00', '2026-03-02T00:00'],
    ]);
  });

  it.each(['2026-02-30 00:00:00', '2026-13-01 00:00:00', '2026-01-01', '2026-01-01 25:00:00', '2026-01-01 10:61:00'])(
    'does not begin at %s',
    (text) => {
      expect(parseLocalTime(text)).toBeNull();
    },
  );
});
