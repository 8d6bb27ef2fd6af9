/** A server that is not Nginx; runs inside the guest, on the port it is given. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Plain JavaScript: stripping types costs an emulated CPU a minute. */
const routes = {
  '/hello': (_request, response) => response.end('hello\n'),
  /** Answers when it has the whole body, with its length. */
  '/upload': async (request, response) => {
    let bytes = 0;
    for await (const part of request) bytes += part.length;
    response.end(`got ${bytes}\n`);
  },
  /** `n` chunks, `ms` apart. */
  '/chunked': async (_request, response, query) => {
    for (let i = 1; i <= Number(query.get('n')); i++) {
      response.write(`chunk ${i}\n`);
      await delay(Number(query.get('ms')));
    }
    response.end('last\n');
  },
  '/poll': async (_request, response, query) => {
    await delay(Number(query.get('ms')));
    response.end('news\n');
  },
  '/later': async (_request, response, query) => {
    await delay(Number(query.get('ms')));
    response.end('at last\n');
  },
  '/large': (_request, response, query) => response.end(Buffer.alloc(Number(query.get('bytes')), 'hopscope')),
};

const server = createServer({ noDelay: true }, (request, response) => {
  const url = new URL(request.url ?? '/', 'http://guest');
  const handler = routes[url.pathname];
  if (handler) void handler(request, response, url.searchParams);
  else response.writeHead(404).end();
});
/** Echoes whatever comes after the handshake; frames need no decoding for that. */
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${WEBSOCKET_GUID}`).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
  socket.on('error', () => {});
  socket.pipe(socket);
});
server.keepAliveTimeout = 3_600_000;
/** A client that has said all still gets its answer. */
server.httpAllowHalfOpen = true;
/** Of both families, so that IPv4 comes to sockets that are IPv6. */
server.listen(Number(process.argv[2]), '::', () => console.log('listening'));
