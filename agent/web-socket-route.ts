/** The way to the server over the network. */
import { WebSocket } from 'ws';
import type { Link, LinkEvents, Route } from './link.ts';

/** What a server may send us is a short control message. */
const MAX_PAYLOAD = 64 * 1024;

export function webSocketRoute(url: string): Route {
  return { name: url, carriesMany: true, open: (events) => new WebSocketLink(url, events) };
}

/** A socket to the server's `/agent`, with the limits both sides keep. */
export function serverSocket(url: string): WebSocket {
  return new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_PAYLOAD, generateMask: noMask });
}

/**
 * The key of zeros, which leaves all bytes as they are: masking and unmasking cost a server a tenth of its main thread.
 * A mask is to keep scripts from fooling a proxy with bytes of their choice (RFC 6455, 10.3). What others choose of a
 * record is a path, and that ends before the first control character or space: it makes no request of its own.
 */
function noMask(mask: Buffer): void {
  mask.fill(0);
}

/** What went wrong with a {@link serverSocket}, for a person. */
export function socketTrouble(url: string, { message }: Error): string {
  const status = /^Unexpected server response: (\d+)/.exec(message)?.[1];
  return status ? `${url} answers with HTTP ${status}: a hopscope server's address ends in /agent` : message;
}

class WebSocketLink implements Link {
  readonly #socket: WebSocket;
  #closed = false;

  constructor(url: string, events: LinkEvents) {
    const socket = serverSocket(url);
    this.#socket = socket;
    let reason = '';
    socket.on('open', () => events.open(localAddressOf(socket)));
    socket.on('message', (data, isBinary) => {
      if (!isBinary && !this.#closed) events.text(data.toString());
    });
    socket.on('error', (error) => {
      reason = socketTrouble(url, error);
    });
    socket.on('close', () => {
      if (!this.#closed) events.lost(reason || 'the server closed the connection');
    });
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: string | Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  close(): void {
    this.#closed = true;
    // Not open yet: there is nobody to say goodbye to.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close();
    else this.#socket.terminate();
  }
}

function localAddressOf(socket: WebSocket): string {
  return (socket as unknown as { _socket?: { localAddress?: string } })._socket?.localAddress ?? '';
}
