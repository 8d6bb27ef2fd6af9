import { describe, expect, it } from 'vitest';
import { MOST_WAITING } from '../../../server/notify/link.ts';
import { Burning, START } from './burning.ts';
import { Listener } from './listener.ts';
import { notifier, type Said, SILENCE_MS } from './notifying.ts';

describe('a webhook', () => {
  it('is told in JSON what began and what ended', async () => {
    const listener = await Listener.start();
    const shop = new Burning();
    const told = notifier(shop, [['webhook', `${listener.url}/hook?team=a`]]);
    await told.tick([shop]);
    expect(listener.received).toEqual([]);
    shop.fire();
    await told.tick([shop]);
    shop.nowMs += 5_000;
    await told.tick([shop]);
    shop.end();
    await told.tick([shop]);
    const [first, second, ...more] = listener.received;
    expect(more).toEqual([]);
    expect(first!.path).toBe('/hook?team=a');
    expect(first!.body).toEqual({
      ...{ version: 1, status: 'firing', key: 'web-fast/page-1h' },
      ...{ startsAt: new Date(START).toISOString(), endsAt: null },
      summary: 'Answers are fast: the budget burns too fast: 30 times in 1h, 30 times in 5m (limit 14.4 times)',
      promise: '99 % of all requests have an end-to-end time of at most 100 ms, over any 30d',
      url: 'http://hopscope.example:7117',
      ...{ objective: 'web-fast', slo: 'web-fast', service: 'web', target: 0.99 },
      ...{ rule: 'page-1h', severity: 'page', factor: 14.4 },
      long: { minutes: 60, total: 100, bad: 30, burn: 30 },
      short: { minutes: 5, total: 100, bad: 30, burn: 30 },
    });
    expect(second!.body).toMatchObject({
      ...{ status: 'resolved', key: 'web-fast/page-1h', startsAt: first!.body.startsAt },
      endsAt: new Date(START + 5_000).toISOString(),
    });
  });

  it('that fails is told again, later each time, until it takes it', async () => {
    const listener = await Listener.start(500, 'silence', 429);
    const shop = new Burning();
    const said: Said[] = [];
    const told = notifier(shop, [['webhook', listener.url]], said, SILENCE_MS);
    shop.fire();
    const attempts: number[] = [];
    for (let s = 0; s < 20; s++) {
      const before = listener.received.length;
      await told.tick([shop]);
      if (listener.received.length > before) attempts.push(s);
      shop.nowMs += 1_000;
    }
    // Three quarters of 1, 2 and 4 seconds, looked at every second.
    expect(attempts).toEqual([0, 1, 3, 6]);
    expect(new Set(listener.received.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(told.views()).toMatchObject([{ delivered: 1, failed: 3, waiting: 0, fault: null, failingSinceMs: null }]);
    expect(said.map(({ about }) => about.why)).toEqual([
      ...['status 500 because of that', 'no answer in time', 'status 429 because of that', undefined],
    ]);
  });

  it('that cannot be reached shows since when, and the notice waits', async () => {
    const listener = await Listener.start();
    const shop = new Burning();
    const told = notifier(shop, [['webhook', listener.url]]);
    await listener.close();
    shop.fire();
    await told.tick([shop]);
    const [view] = told.views();
    expect(view).toMatchObject({ failed: 1, waiting: 1, failingSinceMs: START, lastDeliveredMs: null });
    expect(view!.fault).toContain('ECONNREFUSED');
  });

  it('is not told again what it refused', async () => {
    const listener = await Listener.start(404);
    const shop = new Burning();
    const told = notifier(shop, [['webhook', listener.url]]);
    shop.fire();
    await told.tick([shop]);
    shop.nowMs += 120_000;
    await told.tick([shop]);
    expect(listener.received).toHaveLength(1);
    expect(told.counters).toEqual({ 'notify.delivered': 0, 'notify.failed': 0, 'notify.refused': 1 });
  });

  it('that is away for long loses the oldest notices, and each of them is counted', async () => {
    const listener = await Listener.start(503);
    const shop = new Burning();
    const told = notifier(shop, [['webhook', listener.url]]);
    const turns = MOST_WAITING / 2 + 10;
    for (let i = 0; i < turns; i++) {
      shop.fire();
      await told.tick([shop]);
      shop.end();
      await told.tick([shop]);
    }
    expect(told.dropped).toBe(20);
    expect(told.views()[0]!.waiting).toBe(MOST_WAITING);
    shop.nowMs += 10_000;
    await told.tick([shop]);
    // Every one was generated, and either came or was counted.
    expect(told.views()[0]).toMatchObject({ delivered: MOST_WAITING, waiting: 0, dropped: 20 });
    expect(listener.received.at(-1)!.body.status).toBe('resolved');
  });

  it('gets its secret, which nobody else sees', async () => {
    const listener = await Listener.start(500, 200);
    const shop = new Burning();
    const said: Said[] = [];
    const address = `${listener.url.replace('//', '//me:geheim@')}/services/T0/hush`;
    const told = notifier(shop, [['webhook', address]], said);
    shop.fire();
    await told.tick([shop]);
    const basic = `Basic ${Buffer.from('me:geheim').toString('base64')}`;
    expect(listener.received[0]).toMatchObject({ path: '/services/T0/hush', headers: { authorization: basic } });
    expect(said).toHaveLength(1);
    expect(JSON.stringify([said, told.views()])).not.toMatch(/geheim|hush|Basic/);
  });

  it('that points elsewhere is not followed there', async () => {
    const listener = await Listener.start(307);
    const shop = new Burning();
    const told = notifier(shop, [['webhook', listener.url]]);
    shop.fire();
    await told.tick([shop]);
    expect(told.views()[0]).toMatchObject({ refused: 1, fault: 'status 307 because of that' });
  });
});
