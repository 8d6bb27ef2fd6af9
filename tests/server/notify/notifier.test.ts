import { describe, expect, it } from 'vitest';
import type { ReceiverKind } from '../../../server/notify/receiver.ts';
import { Burning, MINUTE, START } from './burning.ts';
import { Listener } from './listener.ts';
import { notifier, type Said, SILENCE_MS } from './notifying.ts';

const statuses = ({ received }: Listener) => received.map(({ body }) => `${body.status} ${body.key}`);

describe('a notifier', () => {
  it('tells again after a restart what fires, under the same key', async () => {
    const listener = await Listener.start();
    const shop = new Burning();
    shop.fire();
    await notifier(shop, [['webhook', listener.url]]).tick([shop]);
    await notifier(shop, [['webhook', listener.url]]).tick([shop]);
    expect(statuses(listener)).toEqual(['firing web-fast/page-1h', 'firing web-fast/page-1h']);
  });

  it('tells what ended while no server was there, unless that is long ago', async () => {
    const listener = await Listener.start();
    const shop = new Burning();
    shop.fire();
    shop.nowMs += MINUTE;
    shop.end();
    shop.nowMs += 14 * MINUTE;
    await notifier(shop, [['webhook', listener.url]]).tick([shop]);
    expect(statuses(listener)).toEqual(['resolved web-fast/page-1h']);
    expect(listener.received[0]!.body).toMatchObject({
      startsAt: new Date(START).toISOString(),
      endsAt: new Date(START + MINUTE).toISOString(),
    });
    shop.nowMs += 2 * MINUTE;
    await notifier(shop, [['webhook', listener.url]]).tick([shop]);
    expect(listener.received).toHaveLength(1);
  });

  it('does not let one receiver hold up another', async () => {
    const [slow, quick] = [await Listener.start('silence', 'silence'), await Listener.start()];
    const shop = new Burning();
    const receivers: [ReceiverKind, string][] = [slow, quick].map(({ url }) => ['webhook', url]);
    const told = notifier(shop, receivers, [], SILENCE_MS);
    shop.fire();
    const tick = told.tick([shop]);
    await quick.until(({ length }) => length === 1);
    expect(told.views()[0]).toMatchObject({ delivered: 0, waiting: 1 });
    await tick;
  });

  it('says at the end what nobody took', async () => {
    const listener = await Listener.start('silence', 'silence');
    const shop = new Burning();
    const said: Said[] = [];
    const told = notifier(shop, [['webhook', listener.url]], said, SILENCE_MS);
    shop.fire();
    await told.tick([shop]);
    await told.close();
    expect(said.at(-1)).toMatchObject({ about: { lost: 1 } });
  });
});
