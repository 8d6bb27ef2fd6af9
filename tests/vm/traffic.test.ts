/** The traffic that real users have, a row per kind: reported correctly, or flagged and counted, never wrong. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Summary } from '../../server/wire/views.ts';
import { endingRows } from './traffic/ending-rows.ts';
import { http1Rows } from './traffic/http1-rows.ts';
import { networkRows } from './traffic/network-rows.ts';
import { protocolRows } from './traffic/protocol-rows.ts';
import { TrafficLab } from './traffic/traffic-lab.ts';
import { vlanRows } from './traffic/vlan-rows.ts';

describe('in a real guest', { timeout: 180_000 }, () => {
  let lab: TrafficLab;

  beforeAll(async () => {
    lab = await TrafficLab.start();
  }, 300_000);

  afterAll(() => lab?.stop(), 60_000);

  beforeEach(() => lab.begin(), 60_000);

  describe('HTTP/1', () => http1Rows(() => lab));
  describe('connections that end', () => endingRows(() => lab));
  describe('other protocols', () => protocolRows(() => lab));
  describe('networks', () => networkRows(() => lab));
  describe('VLANs', () => vlanRows(() => lab));

  it('after all of it only requests are in the percentiles, and nothing was lost uncounted', async () => {
    const { classes, endToEnd, exchanges, drops } = await lab.run.get<Summary>('/api/runs/current/summary');
    const counted = (name: string) => classes.find((each) => each.class === name)?.count ?? 0;
    for (const name of ['request', 'multiplexed', 'stream', 'handshake'])
      expect(counted(name), name).toBeGreaterThan(0);
    expect(endToEnd.count).toBeLessThanOrEqual(counted('request'));
    expect(classes.reduce((sum, { count }) => sum + count, 0)).toBe(exchanges.joined);
    expect(Object.entries(drops).filter(([, count]) => count > 0)).toEqual([]);
  });
});
