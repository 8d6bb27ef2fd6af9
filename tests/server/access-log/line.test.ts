import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAccessLine } from '../../../server/access-log/line.ts';
import { addressText } from '../../../server/wire/address.ts';

const LINE = 'hopscope1 1795374762.888 0.021 10.77.0.1 40312 10.77.0.10 80 200 0.001;0.020;0.021';

describe('a line of the access log', () => {
  it('tells when, which connection, and how long the upstream took', () => {
    const line = parseAccessLine(`<190>Nov 22 19:12:42 hopscope: ${LINE}`);
    expect(line).toMatchObject({
      startMs: 1_795_374_762_867,
      endMs: 1_795_374_762_888,
      clientPort: 40_312,
      serverPort: 80,
      status: 200,
      connectMs: 1,
      headerMs: 20,
      responseMs: 21,
    });
    expect(addressText(line?.client as Uint8Array, 0)).toBe('10.77.0.1');
    expect(parseAccessLine(LINE)).toEqual(line);
  });

  it.each([
    ['-', Number.NaN],
    ['0.000', 0],
    ['0.001, 0.002', 3],
    ['0.001, - : 1.500', 1_501],
    ['-, -', Number.NaN],
  ])('has the upstream time %j as %d ms', (text, ms) => {
    expect(parseAccessLine(LINE.replace(';0.021', `;${text}`))?.responseMs).toBe(ms);
  });

  it.each([
    '',
    'GET / HTTP/1.1',
    LINE.replace('hopscope1', 'hopscope2'),
    LINE.replace('40312', '4031200'),
    LINE.replace('10.77.0.1 ', '10.77.0.256 '),
    LINE.replace('10.77.0.1 ', 'unix: '),
    LINE.replace('1795374762.888', '1795374762'),
    LINE.replace('0.001;', ''),
    `${LINE};`,
    `x${LINE}`,
    LINE.slice(0, 60),
  ])('is not made of %j', (text) => {
    expect(parseAccessLine(text)).toBeNull();
  });

  it('is not made of garbage', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 512, unit: 'binary' }), (text) => {
        expect(parseAccessLine(text)).toBeNull();
      }),
    );
  });

  it('is told from what is nearly one in no time', () => {
    const times = `${'1 , : '.repeat(20)};`;
    const nearly = [times.repeat(4), times.repeat(3), '1'.repeat(400), `${'1'.repeat(120)};`.repeat(3)];
    const startMs = performance.now();
    for (let i = 0; i < 1_000; i++) {
      for (const text of nearly) expect(parseAccessLine(LINE.replace('0.001;0.020;0.021', text))).toBeNull();
    }
    expect(performance.now() - startMs).toBeLessThan(4_000);
  });
});
