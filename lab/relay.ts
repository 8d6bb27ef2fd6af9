/**
 * A process of its own in the host namespace: what agents send to 127.0.0.1 there
 * goes to the server's Unix socket, which every namespace sees.
 *   node lab/relay.ts <port> <socket path>
 */
import { connect, createServer } from 'node:net';

const [port, path] = process.argv.slice(2);
if (port === undefined || path === undefined) throw new Error('usage: relay.ts <port> <socket path>');

const server = createServer({ noDelay: true }, (near) => {
  const far = connect(path);
  near.pipe(far).pipe(near);
  // Either side may go at any time (a server restart is one of the lab's cases): both end then.
  for (const socket of [near, far]) {
    socket.on('error', () => {});
    socket.on('close', () => {
      near.destroy();
      far.destroy();
    });
  }
});
server.listen(Number(port), '127.0.0.1', () => console.log('relay ready'));
