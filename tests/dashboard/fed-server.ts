/** A real server whose agents are sockets that say and send what agents would. */
import type { StationProbe } from '../../server/wire/messages.ts';
import { RECORD_OFFSETS } from '../../server/wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS, type Station } from '../../server/wire/stations.ts';
import { type ExchangeOptions, exchanges, frame, hostNowNs, VMS } from '../server/exchanges.ts';
import { acked, afterwards, attach, type Peer, type Started, start } from '../server/running-server.ts';
import type { BuiltPage } from './built-page.ts';

export const REASON = 'fentry/sock_def_readable: EINVAL';

function probes(stations: readonly Station[], without: Station | undefined): StationProbe[] {
  return stations.map((station) =>
    station === without ? { station, probe: null, reason: REASON } : { station, probe: 'tc', reason: '' },
  );
}

export interface Fed {
  server: Started;
  host: Peer;
  guest: Peer;
  /** Sends exchanges that end now; they are joined when this returns. */
  send(count: number, options?: Partial<ExchangeOptions>): Promise<void>;
  /** Sends so many exchanges in each of the last seconds, the oldest first; `slower` of how many seconds ago, ns. */
  sendPast(seconds: number, perSecond: number, slower?: (ago: number) => number): Promise<void>;
  /** Goes on sending until the test ends: what the page shows is of the last ten seconds. */
  keepSending(): Promise<void>;
}

/** A server with both agents; the guest's kernel may lack a station. */
export async function fed(built: BuiltPage, without?: (typeof GUEST_STATIONS)[number]): Promise<Fed> {
  const server = await start({ dashboard: built.directory });
  const { peer: host } = await attach(server, 'host', { stations: probes(HOST_STATIONS, without) });
  const { peer: guest } = await attach(server, 'guest', { stations: probes(GUEST_STATIONS, without) });
  host.send(VMS);
  let frames = 0;
  let sequence = 1;
  const sendUntil = (untilNs: bigint, count: number, options: Partial<ExchangeOptions>) => {
    const records = exchanges(count, untilNs, options, sequence);
    sequence += count;
    frames++;
    if (without !== undefined) for (const record of records.guest) erase(record, without);
    host.send(frame(frames, records.host));
    guest.send(frame(frames, records.guest));
  };
  const allAcked = () => Promise.all([acked(host, frames), acked(guest, frames)]);
  const send = async (count: number, options: Partial<ExchangeOptions> = {}) => {
    sendUntil(hostNowNs(), count, options);
    await allAcked();
  };
  const sendPast = async (seconds: number, perSecond: number, slower = (_ago: number) => 0) => {
    const nowNs = hostNowNs();
    for (let ago = seconds; ago > 0; ago--) {
      sendUntil(nowNs - BigInt(ago - 1) * 1_000_000_000n, perSecond, { slowerNs: slower(ago) });
    }
    await allAcked();
  };
  const keepSending = async () => {
    await send(100);
    let last = Promise.resolve();
    const timer = setInterval(() => {
      last = last.then(() => send(20));
    }, 250);
    afterwards(() => {
      clearInterval(timer);
      return last;
    });
  };
  return { server, host, guest, send, sendPast, keepSending };
}

/** As the kernel leaves the stamps of a station that it does not have. */
function erase(record: Uint8Array, station: (typeof GUEST_STATIONS)[number]): void {
  const slot = 8 * GUEST_STATIONS.indexOf(station);
  record.fill(0, RECORD_OFFSETS.first + slot, RECORD_OFFSETS.first + slot + 8);
  record.fill(0, RECORD_OFFSETS.last + slot, RECORD_OFFSETS.last + slot + 8);
}
