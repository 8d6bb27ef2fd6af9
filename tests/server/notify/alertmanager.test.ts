import { afterEach, describe, expect, it } from 'vitest';
import { AlertmanagerProcess, HAS_ALERTMANAGER } from './alertmanager-process.ts';
import { Burning, START } from './burning.ts';
import { Listener } from './listener.ts';
import { notifier } from './notifying.ts';

const running: AlertmanagerProcess[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function alertmanager(people: Listener): Promise<AlertmanagerProcess> {
  const one = await AlertmanagerProcess.start(people.url);
  running.push(one);
  return one;
}

const LABELS = {
  ...{ alertname: 'HopscopeErrorBudgetBurn', objective: 'web-fast', slo: 'web-fast', service: 'web' },
  ...{ rule: 'page-1h', severity: 'page' },
};

describe.skipIf(!HAS_ALERTMANAGER)('a real Alertmanager', () => {
  it('tells people once of what fires, whoever tells it of that and however often, and once of its end', async () => {
    const people = await Listener.start();
    const real = await alertmanager(people);
    const shop = new Burning();
    const told = notifier(shop, [['alertmanager', real.url]]);
    shop.fire();
    await told.tick([shop]);
    await people.until(({ length }) => length === 1);
    const [alert] = await real.alerts();
    expect(alert).toMatchObject({ labels: LABELS, startsAt: new Date(START).toISOString() });
    expect(Date.parse(alert!.endsAt)).toBe(START + 4 * 60_000);

    shop.nowMs += 60_000;
    await told.tick([shop]);
    expect(Date.parse((await real.alerts())[0]!.endsAt)).toBe(START + 5 * 60_000);

    // A server that was started anew knows by its minutes only since when it fires.
    shop.alerts[0]!.sinceMs = START - 30_000;
    const again = notifier(shop, [['alertmanager', real.url]]);
    await again.tick([shop]);
    expect(await real.alerts()).toHaveLength(1);

    shop.nowMs = START + 1;
    shop.end();
    await again.tick([shop]);
    await people.until((all) => all.some(({ body }) => body.status === 'resolved'));
    expect(people.received.map(({ body }) => [body.status, body.alerts.length])).toEqual([
      ...[['firing', 1]],
      ...[['resolved', 1]],
    ]);
    expect(people.received[0]!.body.alerts[0]).toMatchObject({
      labels: LABELS,
      annotations: { summary: expect.stringContaining('30 times in 1h'), promise: expect.stringContaining('99 %') },
      generatorURL: 'http://hopscope.example:7117',
    });
    expect(again.views()).toMatchObject([{ kind: 'alertmanager', failed: 0, refused: 0, waiting: 0, fault: null }]);
  });

  it('that comes late gets what is so by then', async () => {
    const people = await Listener.start();
    const real = await alertmanager(people);
    const shop = new Burning();
    const away = await Listener.start(503, 503);
    const told = notifier(shop, [
      ['alertmanager', away.url],
      ['alertmanager', real.url],
    ]);
    shop.fire();
    await told.tick([shop]);
    expect(told.views().map(({ delivered, failed }) => [delivered, failed])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    shop.end();
    await told.tick([shop]);
    expect(told.views()[0]).toMatchObject({ failed: 1, waiting: 1 });
    for (let s = 0; s < 4; s++) {
      shop.nowMs += 1_000;
      await told.tick([shop]);
    }
    // The first attempt failed with it firing, the second with its end; the third is that end again.
    expect(away.received.map(({ body }) => body[0].endsAt)).toEqual([
      ...[START + 240_000, START, START].map((ms) => new Date(ms).toISOString()),
    ]);
    expect(told.views()[0]).toMatchObject({ delivered: 1, failed: 2, waiting: 0 });
  });

  it('is told of the end of an objective that is gone', async () => {
    const people = await Listener.start();
    const real = await alertmanager(people);
    const shop = new Burning();
    const told = notifier(shop, [['alertmanager', real.url]]);
    shop.fire();
    await told.tick([shop]);
    await people.until(({ length }) => length === 1);
    await told.tick([]);
    await people.until((all) => all.some(({ body }) => body.status === 'resolved'));
    expect(told.views()[0]).toMatchObject({ delivered: 2 });
  });
});
