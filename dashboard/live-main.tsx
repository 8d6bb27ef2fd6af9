import { render } from 'preact';
import { startPolling } from './poll.ts';
import { LiveSocket } from './socket.ts';
import { clockMs, connection, keepAddress, receive } from './state.ts';
import { Page } from './views/page.tsx';

/** The live page, on a socket of its own. */
export function startLive(root: Element): void {
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
  keepAddress();
  startPolling();
  render(<Page />, root);
}
