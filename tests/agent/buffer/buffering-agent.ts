/**
 * An agent without probes, as a process to be killed: the real buffers, uplink
 * and folders; records as a kernel would make them, the same ones from the host
 * and from the guest of an exchange.
 *
 * Words: role, server's URL, directory, first exchange, exchanges in all, CLOCK_MONOTONIC of the first one.
 * Says `made N` behind every frame, and with all acknowledged `done`, then ends.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { DiskBuffer } from '../../../agent/buffer/disk-buffer.ts';
import type { FrameBuffer } from '../../../agent/frame-buffer.ts';
import { bootId } from '../../../agent/machine.ts';
import { Uplink, type UplinkEvents } from '../../../agent/uplink.ts';
import { webSocketRoute } from '../../../agent/web-socket-route.ts';
import { RECORD_BYTES } from '../../../server/wire/record.ts';
import type { Vantage } from '../../../server/wire/stations.ts';
import { exchange, hello, PROVENANCE, VMS } from '../../server/exchanges.ts';

const TOKEN = 'a-token-for-tests';
const FRAME_RECORDS = 20;
const FRAME_EVERY_MS = 2;
const EXCHANGE_EVERY_NS = 100_000n;
/** So little memory that nearly all of it is on disk only. */
const MEMORY_BYTES = 64 << 10;

const [role, url, directory, first, count, startNs] = process.argv.slice(2) as [Vantage, ...string[]];
const events: UplinkEvents = {
  onState: () => undefined,
  onRefused: (code, message) => {
    throw new Error(`${code}: ${message}`);
  },
};

function fill(buffer: FrameBuffer, from: number, records: number): void {
  const take = (target: Uint8Array, at: number) => {
    for (let i = 0; i < records; i++) {
      const atNs = BigInt(startNs as string) + BigInt(from + i) * EXCHANGE_EVERY_NS;
      target.set(exchange(from + i, { atNs })[role], at + i * RECORD_BYTES);
    }
    return records;
  };
  buffer.fill(records, take, process.hrtime.bigint());
}

const agentId = randomUUID();
const disk = new DiskBuffer({
  directory: directory as string,
  diskBytes: 1 << 30,
  memoryBytes: MEMORY_BYTES,
  agentId,
  role,
  log: (line) => process.stderr.write(`${line}\n`),
});
const provenance = { ...PROVENANCE, hostname: hostname() };
const own = () => hello(role, TOKEN, { agentId, bootId: bootId(), provenance });
const { type, protocol, token, clock, ...kept } = own();
disk.describe({ hello: kept, startedNs: String(process.hrtime.bigint()), vms: role === 'host' ? VMS.vms : null });

const route = webSocketRoute(url as string);
const uplink = new Uplink(route, own, disk.buffer, events);
if (role === 'host') uplink.send(VMS);
const connected = disk.earlier.send(route, TOKEN, events).then(() => uplink.connect());
for (let made = 0; made < Number(count); made += FRAME_RECORDS) {
  fill(disk.buffer, Number(first) + made, FRAME_RECORDS);
  uplink.flush();
  process.stdout.write(`made ${made + FRAME_RECORDS}\n`);
  await delay(FRAME_EVERY_MS); // the load's pace, not a wait for something
}
await connected;
while (disk.buffer.held > 0) {
  uplink.flush();
  await Promise.race([uplink.drained(), delay(FRAME_EVERY_MS)]);
}
await uplink.close(0);
disk.close();
process.stdout.write(`done: ${JSON.stringify({ ...disk.drops, ...disk.counters, dropped: disk.buffer.dropped })}\n`);
