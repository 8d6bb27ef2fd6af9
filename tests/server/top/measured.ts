/** A real server that two agents have just delivered requests to. */
import { exchanges, frame, hostNowNs } from '../exchanges.ts';
import { acked, attach, type Started, start } from '../running-server.ts';

export const REQUESTS = 50;

export async function measured(): Promise<Started> {
  const server = await start({ run: 'measured' });
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  const records = exchanges(REQUESTS, hostNowNs());
  host.peer.send(frame(1, records.host));
  guest.peer.send(frame(1, records.guest));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  return server;
}
