import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { NicLoads } from '../../../agent/host/nic-loads.ts';
import { until } from '../until.ts';

/** Counters of a card, all the same but for those given. */
const card = (counts: Record<string, number>) => (_nic: string, name: string) => String(counts[name] ?? 0);

describe('the load of a card', () => {
  it('is what its counters grew by, per second; what it lost is one sum', () => {
    const counts = { rx_bytes: 1_000, tx_bytes: 50, rx_dropped: 1, tx_errors: 2 };
    const loads = new NicLoads(card(counts));
    expect(loads.sample(['eth0'], 1_000)).toEqual({});
    Object.assign(counts, { rx_bytes: 5_000, tx_bytes: 150, rx_dropped: 5, tx_errors: 4 });
    expect(loads.sample(['eth0'], 3_000)).toEqual({ eth0: { rxBytes: 2_000, txBytes: 50, lost: 3 } });
  });

  it('is left out where the card is new, gone, or counts anew', () => {
    const counts = { rx_bytes: 1_000 };
    const loads = new NicLoads((nic, name) => (nic === 'gone' ? '' : card(counts)(nic, name)));
    loads.sample(['eth0', 'gone'], 1_000);
    expect(Object.keys(loads.sample(['eth0', 'eth1', 'gone'], 2_000))).toEqual(['eth0']);
    counts.rx_bytes = 0;
    expect(loads.sample(['eth0'], 3_000)).toEqual({});
  });

  it('is that of a real card', async () => {
    const loads = new NicLoads();
    loads.sample(['lo']);
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const send = () =>
      new Promise<void>((done) => socket.send(Buffer.alloc(8_000), socket.address().port, '127.0.0.1', () => done()));
    const { lo } = await until(
      async () => {
        await send();
        return loads.sample(['lo']);
      },
      (seen) => (seen.lo?.rxBytes ?? 0) > 8_000,
    );
    socket.close();
    expect(lo!.txBytes).toBeGreaterThan(8_000);
    expect(lo!.lost).toBe(0);
  });
});
