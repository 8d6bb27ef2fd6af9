/** The live stream of this page's server, taken in; for every page that shows what is happening now. */
import { LiveSocket } from './socket.ts';
import { clockMs, connection, receive } from './state.ts';

export function openLive(): void {
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
