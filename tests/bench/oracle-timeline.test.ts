import { describe, expect, it } from 'vitest';
import { Timeline } from './oracle-timeline.ts';
import { connectionOf, exchangeKey, type SeenExchange } from './oracle-tshark.ts';

const CONNECTION = connectionOf('10.0.0.1', 40_000, '10.0.0.2', 80);
const MS = 1e6;
const OFFSET_NS = 123_456_789_000;

/** One every 10 ms, each answered after 2 ms. */
const exchanges: SeenExchange[] = Array.from({ length: 100 }, (_, i) => ({
  key: exchangeKey(CONNECTION, 1000 + i * 80),
  connection: CONNECTION,
  uri: `/?n=${i}`,
  status: 200,
  requestNs: i * 10 * MS,
  responseNs: i * 10 * MS + 2 * MS,
  firstNs: 2 * MS,
  wholeNs: 2 * MS,
}));
const keys = exchanges.map(({ key }) => key);
/** The same by a clock that is far off and gains 100 ppm; every tenth 7 ms late: the machine stood still. */
const times = exchanges.map(({ responseNs }, i) => (responseNs + (i % 10 === 0 ? 7 * MS : 0)) * 1.0001 - OFFSET_NS);

describe('Timeline', () => {
  const timeline = new Timeline(exchanges, 'response');

  it('finds every time its own, by another clock that drifts, and however late', () => {
    expect(timeline.strangers(keys, times, 50_000)).toEqual(keys.map(() => null));
  });

  it('names the exchange whose time it is when two are swapped', () => {
    const swapped = times.with(40, times[41]!).with(41, times[40]!);
    const strangers = timeline.strangers(keys, swapped, 50_000);
    expect([strangers[40], strangers[41]]).toEqual(['/?n=41', '/?n=40']);
    expect(strangers.filter((each) => each !== null)).toHaveLength(2);
  });

  it('says so when the capture has no such request, and nothing where there is no time', () => {
    const strangers = timeline.strangers([`${CONNECTION}#5`, keys[0]!], [times[0]!, null], 50_000);
    expect(strangers).toEqual(['a request that is not in the capture', null]);
  });
});
