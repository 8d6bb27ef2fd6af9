/** Networks that lose, repeat, reorder and regroup segments, and traffic that takes other ways. */
import { expect, it, vi } from 'vitest';
import type { Health } from '../../../server/wire/views.ts';
import { Client, type Connection, request } from './client.ts';
import { GUEST, PORTS } from './guest-services.ts';
import { bytesSince, exchange, PLAIN, type TrafficLab } from './traffic-lab.ts';

const BIG_BYTES = 256 * 1024;
/** Linux' smallest retransmission timeout. */
const RTO_NS = 200e6;
const small = request('GET', '/small');

async function killHostAgent({ run }: TrafficLab): Promise<void> {
  process.kill(run.processWith('--uplink'), 'SIGKILL');
}

async function killGuestAgent(lab: TrafficLab): Promise<void> {
  await lab.guest("kill -9 $(ps | grep 'agent.mj[s]' | busybox awk '{ print $1 }')");
}

export function networkRows(lab: () => TrafficLab): void {
  it('SYNs lost on the switch: counted, and not in the request', async () => {
    let connecting: Promise<Connection> | undefined;
    await lab().closedPort('vnet0', () =>
      lab().clientCounts('TcpRetransSegs', 1, () => {
        connecting = lab().connect(PORTS.nginx);
      }),
    );
    const connection = (await connecting) as Connection;
    const bytes = await exchange(connection, small, 'ok\n');
    const [path] = await lab().expectPaths(connection, [{ ...PLAIN, ...bytes }]);
    expect(path?.tcp.synRetries).toBeGreaterThanOrEqual(1);
    expect(path?.tcp.connectNs).toBeGreaterThan(1e9);
    expect(path?.endToEndNs).toBeLessThan(1e9);
  });

  it('a request lost on the switch: flagged, counted, and the time found there', async () => {
    const connection = await lab().connect(PORTS.nginx);
    await exchange(connection, small, 'ok\n');
    const before = await connection.traffic();
    await lab().closedPort('vnet0', () => lab().clientCounts('TcpRetransSegs', 1, () => connection.send(small)));
    await connection.until('ok\n');
    const bytes = bytesSince(before, await connection.traffic());
    const [, path] = await lab().expectPaths(connection, [PLAIN, { ...PLAIN, ...bytes, flags: ['retransmit'] }]);
    expect(path?.tcp.retransmitsIn).toBeGreaterThanOrEqual(1);
    expect(path?.layers.find(({ layer }) => layer === 'switch.in')?.ns).toBeGreaterThan(RTO_NS);
  });

  it('a response lost on the switch: flagged, counted, and the time found there', async () => {
    const connection = await lab().connect(PORTS.app);
    await exchange(connection, request('GET', '/hello'), 'hello\n');
    const before = await connection.traffic();
    const counted = await lab().guestRetransmitted();
    await connection.send(request('GET', '/later?ms=3000'));
    await lab().acknowledged(connection);
    await lab().closedPort('nic0', async () => {
      await vi.waitFor(async () => expect(await lab().guestRetransmitted()).toBeGreaterThan(counted), {
        timeout: 60_000,
      });
    });
    await connection.until('at last\n');
    const bytes = bytesSince(before, await connection.traffic());
    const [, path] = await lab().expectPaths(connection, [
      { ...PLAIN, path: '/hello' },
      { ...PLAIN, path: '/later', ...bytes, flags: ['retransmit'] },
    ]);
    expect(path?.tcp.retransmitsOut).toBeGreaterThanOrEqual(1);
    expect(path?.layers.find(({ layer }) => layer === 'switch.out')?.ns).toBeGreaterThan(RTO_NS);
  });

  it.each([
    ['losing a tenth', 'loss 10%'],
    ['reordering half', 'delay 10ms reorder 50% 50%'],
    ['repeating a tenth', 'duplicate 10%'],
  ])('a guest whose network card is %s of what it sends: each request its path, none mixed', async (_how, netem) => {
    await lab().guest(`/sbin/tc qdisc add dev eth0 root netem ${netem}`);
    try {
      const connection = await lab().connect(PORTS.nginx);
      const expected = [];
      for (let i = 0; i < 20; i++) {
        const ask = i % 2 === 0 ? small : request('GET', '/big');
        const before = await connection.traffic();
        await connection.send(ask);
        await connection.until(i % 2 === 0 ? 'ok\n' : 'hopscope', i % 2 === 0 ? 1 : BIG_BYTES / 8);
        const bytes = bytesSince(before, await connection.traffic());
        const path = i % 2 === 0 ? '/small' : '/big';
        expected.push({ ...PLAIN, path, ...bytes, flags: expect.any(Array), class: expect.any(String) });
      }
      const paths = await lab().expectPaths(connection, expected);
      for (const path of paths) {
        const { flags } = path;
        expect(flags.filter((flag) => flag !== 'retransmit' && flag !== 'continued')).toEqual([]);
        // A pause that loss makes in a body looks like any other: it is flagged.
        expect(path.class).toBe(flags.includes('continued') ? 'stream' : 'request');
      }
    } finally {
      await lab().guest('/sbin/tc qdisc del dev eth0 root');
    }
  });

  it('a guest that loses and reorders what it receives: each upload its path, to the byte', async () => {
    await lab().guest(
      `/sbin/ip link add ifb7 type ifb; /sbin/ip link set ifb7 up
       /sbin/tc qdisc add dev eth0 ingress
       /sbin/tc filter add dev eth0 ingress matchall action mirred egress redirect dev ifb7
       /sbin/tc qdisc add dev ifb7 root netem loss 5% delay 5ms reorder 50% 50%`,
    );
    try {
      const connection = await lab().connect(PORTS.app);
      const expected = [];
      for (let i = 0; i < 5; i++) {
        const before = await connection.traffic();
        await connection.send(request('POST', '/upload', 'Content-Length: 50000'));
        await connection.send('0123456789', 5000);
        await connection.until('got 50000\n');
        const bytes = bytesSince(before, await connection.traffic());
        expected.push({ ...PLAIN, method: 'POST', path: '/upload', ...bytes, flags: expect.any(Array) });
      }
      await lab().expectPaths(connection, expected);
    } finally {
      await lab().guest('/sbin/tc qdisc del dev eth0 ingress; /sbin/ip link del ifb7');
    }
  });

  it.each(['on', 'off'])(
    'segments regrouped or not, GRO, GSO and TSO %s on all sides: the same bytes',
    async (state) => {
      const features = `gro ${state} gso ${state} tso ${state}`;
      await lab().guest(`ethtool -K eth0 ${features}`);
      for (const device of ['nic0', 'vnet0']) lab().inHost(`ethtool -K ${device} ${features}`);
      lab().inClient(`ethtool -K eth0 ${features}`);
      const connection = await lab().connect(PORTS.nginx);
      const before = await connection.traffic();
      await connection.send(request('GET', '/big'));
      await connection.until('hopscope', BIG_BYTES / 8);
      const down = bytesSince(before, await connection.traffic());
      await lab().expectPaths(connection, [{ ...PLAIN, path: '/big', ...down }]);
      const other = await lab().connect(PORTS.app);
      await other.send(request('POST', '/upload', 'Content-Length: 300000'));
      await other.send('0123456789', 30_000);
      await other.until('got 300000\n');
      const up = bytesSince({ sent: 0, received: 0 }, await other.traffic());
      await lab().expectPaths(other, [{ ...PLAIN, method: 'POST', path: '/upload', ...up }]);
    },
  );

  it('a client that does not read: zero windows counted, and every byte', async () => {
    const connection = await lab().connect(PORTS.app);
    await connection.pause();
    const large = request('GET', '/large?bytes=8000000', 'Connection: close');
    await lab().clientCounts('TcpExtTCPToZeroWindowAdv', 1, () => connection.send(large));
    await connection.resume();
    await connection.closed();
    const bytes = bytesSince({ sent: 0, received: 0 }, await connection.traffic());
    const expected = { path: '/large', status: 200, complete: true, ...bytes };
    const [path] = await lab().expectPaths(connection, [expected]);
    expect(path?.tcp.zeroWindows).toBeGreaterThanOrEqual(1);
  });

  it('a request from the host itself: flagged local, counted, its uplink stations not made up', async () => {
    lab().inHost('ip addr add 10.77.0.2/24 dev br0');
    const host = new Client(lab().run.hostNamespace);
    try {
      const connection = await host.connect({ host: GUEST, port: PORTS.nginx });
      const bytes = await exchange(connection, small, 'ok\n');
      const [path] = await lab().expectPaths(connection, [
        { ...PLAIN, ...bytes, complete: false, flags: ['local'], endToEndNs: null },
      ]);
      expect(path?.missing).toEqual(['nic.rx', 'port.rx', 'port.tx', 'nic.tx']);
    } finally {
      host.end();
      lab().inHost('ip addr del 10.77.0.2/24 dev br0');
    }
  });

  it.each([
    ['host', killHostAgent],
    ['guest', killGuestAgent],
  ] as const)(
    'the %s agent attached in the middle of a connection: flagged, and right from there on',
    async (role, kill) => {
      const connection = await lab().connect(PORTS.nginx);
      await exchange(connection, small, 'ok\n');
      await lab().expectPaths(connection, [PLAIN]);
      const { agents } = await lab().run.get<Health>('/api/health');
      const before = agents.map(({ id }) => id);
      await kill(lab());
      await lab().run.health(
        (h) => h.agents.some((each) => each.role === role && each.connected && !before.includes(each.id)),
        150_000,
      );
      const bytes = [await exchange(connection, small, 'ok\n'), await exchange(connection, small, 'ok\n')];
      await lab().expectPaths(connection, [
        PLAIN,
        { ...PLAIN, ...bytes[0], flags: ['midstream'] },
        { ...PLAIN, ...bytes[1] },
      ]);
    },
  );
}
