import { describe, expect, it } from 'vitest';
import {
  axisDuration,
  boundedDuration,
  boundSentence,
  exactDuration,
  formatAge,
  formatBound,
  formatBytes,
  formatCount,
  formatDate,
  formatDuration,
  formatShift,
  formatTick,
  formatTime,
  growth,
  join,
  parseDuration,
  rate,
  share,
} from '../../dashboard/format.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ').replaceAll('\u202f', ' ');

describe('formatDuration', () => {
  it.each([
    [0, '0 ns'],
    [0.4, '0 ns'],
    [7, '7 ns'],
    [999.4, '999 ns'],
    [999.5, '1.00 µs'],
    [1_234, '1.23 µs'],
    [12_340, '12.3 µs'],
    [212_000, '212 µs'],
    [999_499, '999 µs'],
    [999_500, '1.00 ms'],
    [3_400_000, '3.40 ms'],
    [1.5e9, '1.50 s'],
    [4_321e9, '4321 s'],
    [-12_000, '−12.0 µs'],
    [-0.2, '0 ns'],
  ])('writes %d ns as %s', (ns, text) => expect(plain(formatDuration(ns))).toBe(text));

  it('writes a dash without a unit where nothing was measured', () => {
    for (const nothing of [null, undefined, Number.NaN]) expect(formatDuration(nothing)).toBe('–');
  });

  it('keeps three significant digits from a microsecond to a thousand seconds', () => {
    for (let ns = 1_000; ns < 9.99e11; ns *= 1.37) {
      expect(formatDuration(ns).replace(/\D/g, '')).toHaveLength(3);
    }
  });

  it('is never further from the value than half of its last digit', () => {
    const units: Record<string, number> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 };
    for (let ns = 1; ns < 9.99e11; ns *= 1.113) {
      const [text, unit] = plain(formatDuration(ns)).split(' ') as [string, string];
      const decimals = text.split('.')[1]?.length ?? 0;
      expect(Math.abs(Number(text) * units[unit]! - ns)).toBeLessThanOrEqual(units[unit]! * 0.5001 * 10 ** -decimals);
    }
  });
});

describe('boundedDuration', () => {
  it('tells of a value below its bound what is proven: it is no more than both together', () => {
    expect(plain(join(boundedDuration(12_000, 38_000)))).toBe('≤ 50.0 µs');
    expect(plain(join(boundedDuration(-12_000, 38_000)))).toBe('≤ 50.0 µs');
  });

  it('tells a value at or above its bound as it is', () => {
    expect(plain(join(boundedDuration(38_000, 38_000)))).toBe('38.0 µs');
    expect(plain(join(boundedDuration(50_000, null)))).toBe('50.0 µs');
  });

  it('does not make a number out of a missing one', () => {
    expect(join(boundedDuration(null, 38_000))).toBe('–');
  });
});

describe('formatBound', () => {
  it('is told with its sign, is empty where there is nothing to bound, and never left out where it is unknown', () => {
    expect([38_000, 0, null].map((ns) => plain(formatBound(ns)))).toEqual(['± 38.0 µs', '', '± unknown']);
  });
});

describe('boundSentence', () => {
  it('tells the measured value, its bound, and what follows when the value is the smaller one', () => {
    expect(plain(boundSentence(50_000, 38_000))).toBe('measured 50.0 µs ± 38.0 µs');
    expect(plain(boundSentence(12_000, 38_000))).toBe(
      'measured 12.0 µs ± 38.0 µs, less than its bound: the truth is anything up to 50.0 µs',
    );
    expect(plain(boundSentence(12_000, null))).toContain('not known');
  });

  it('is empty where one clock tells both ends, and where nothing was measured', () => {
    expect(boundSentence(50_000, 0)).toBe('');
    expect(boundSentence(null, 38_000)).toBe('');
  });
});

describe('axisDuration', () => {
  it('writes all labels of an axis in the unit of its end', () => {
    const labels = [0, 500_000, 1_000_000, 1_500_000].map((ns) => plain(axisDuration(ns, 500_000, 1_500_000)));
    expect(labels).toEqual(['0', '0.5 ms', '1.0 ms', '1.5 ms']);
  });

  it('needs no decimals when steps are whole units', () => {
    expect(plain(axisDuration(20_000, 10_000, 60_000))).toBe('20 µs');
    expect(plain(axisDuration(3_000, 1_000, 5_000))).toBe('3 µs');
  });
});

describe('formatCount', () => {
  it('groups thousands and shortens from ten million on', () => {
    expect([0, 999, 12_345, 9_999_999, 12_345_678, 2.5e10].map((n) => plain(formatCount(n)))).toEqual([
      '0',
      '999',
      '12 345',
      '9 999 999',
      '12.3 M',
      '25.0 G',
    ]);
  });
});

describe('rate', () => {
  it('carries its unit and three digits', () => {
    expect([0, 0.5, 48.6, 500, 1234.4].map((n) => plain(join(rate(n))))).toEqual([
      '0 req/s',
      '0.50 req/s',
      '48.6 req/s',
      '500 req/s',
      '1 234 req/s',
    ]);
    expect(join(rate(null))).toBe('–');
  });
});

describe('share', () => {
  it('is a percentage with one decimal', () => {
    expect([0, 0.142, 1].map((n) => plain(join(share(n))))).toEqual(['0.0 %', '14.2 %', '100.0 %']);
    expect(join(share(null))).toBe('–');
  });
});

describe('formatAge', () => {
  it('grows from seconds to hours and never runs backwards', () => {
    expect([-5, 0, 4_999, 125_000, 3_780_000].map((ms) => plain(formatAge(ms)))).toEqual([
      '0 s',
      '0 s',
      '4 s',
      '2 min 5 s',
      '1 h 3 min',
    ]);
  });
});

describe('formatBytes', () => {
  it('uses binary prefixes', () => {
    expect([512, 2048, 64_382_566, 3 * 1024 ** 3].map((n) => plain(formatBytes(n)))).toEqual([
      '512 B',
      '2.00 KiB',
      '61.4 MiB',
      '3.00 GiB',
    ]);
  });
});

describe('formatTime', () => {
  it('is the wall clock of the viewer, with milliseconds on demand', () => {
    const at = new Date(2026, 10, 22, 9, 4, 7, 31).getTime();
    expect(formatTime(at)).toBe('09:04:07');
    expect(formatTime(at, true)).toBe('09:04:07.031');
  });
});

describe('formatTick', () => {
  it.each([
    [0, '0'],
    [250, '250 ns'],
    [1_000, '1 µs'],
    [-1_500_000, '−1.5 ms'],
    [1e9, '1 s'],
  ])('writes %d as %s, as short as it can be said', (ns, text) => expect(plain(formatTick(ns))).toBe(text));
});

describe('formatShift', () => {
  it('has a sign on both sides of nothing', () => {
    expect([50_200, 0, -70].map((ns) => plain(formatShift(ns)))).toEqual(['+50.2 µs', '0 ns', '−70 ns']);
  });
});

describe('formatDate', () => {
  it('has the day and the time of the viewer', () => {
    expect(formatDate(new Date(2026, 10, 3, 4, 5, 6).getTime())).toBe('2026-11-03 04:05:06');
  });
});

describe('share of less than nothing', () => {
  it('has a minus, and none where it rounds to nothing', () => {
    expect([-0.046, -0.0001].map((part) => share(part).text)).toEqual(['−4.6', '0.0']);
  });
});

describe('exactDuration', () => {
  it('keeps every nanosecond, in groups of three', () => {
    expect(exactDuration(1_234_567)).toBe('1\u202f234\u202f567\u00a0ns');
    expect(exactDuration(-1_234.4)).toBe('−1\u202f234\u00a0ns');
    expect([exactDuration(0), exactDuration(null), exactDuration(Number.NaN)]).toEqual(['0\u00a0ns', '', '']);
  });
});

describe('parseDuration', () => {
  it('takes what people write, µs where they name no unit', () => {
    const read = ['1.5 ms', '300us', '300 µs', '2s', '42ns', ' 7 '].map(parseDuration);
    expect(read).toEqual([1_500_000, 300_000, 300_000, 2e9, 42, 7_000]);
  });

  it.each(['', 'soon', '-1 ms', '1 h', '1e3', '1,5 ms'])('takes "%s" for none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('reads back what formatDuration writes', () => {
    expect(parseDuration(formatDuration(3_400_000).replace('\u00a0', ' '))).toBe(3_400_000);
    expect(parseDuration(formatDuration(212_000))).toBe(212_000);
  });
});

describe('growth', () => {
  it('is told in whole percent with its sign, from ten times on as a factor', () => {
    expect([0.124, -0.03, 0, 0.004, -0.004, 11, null].map(growth)).toEqual([
      { text: '+12', unit: '%' },
      { text: '−3', unit: '%' },
      { text: '0', unit: '%' },
      { text: '0', unit: '%' },
      { text: '0', unit: '%' },
      { text: '×12.0', unit: '' },
      { text: '–', unit: '' },
    ]);
  });
});
