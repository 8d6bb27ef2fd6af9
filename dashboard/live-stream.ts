/** Pages that follow the live stream start here: one socket, and the viewer's clock. */
import { LiveSocket } from './socket.ts';
import { clockMs, connection, receive } from './state.ts';

/** For as long as the page is open. */
export function followLive(): void {
  const url = new URL('/live', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  new LiveSocket(url.href, {
    onMessage: receive,
    onConnection: (now) => {
      connection.value = now;
    },
  });
  setInterval(() => {
    clockMs.value = Date.now();
  }, 1_000);
}
