/** A guest's way to the server without a network: a virtio-serial port, at whose other end the host's agent is. */
import { randomInt } from 'node:crypto';
import type { Link, LinkEvents, Route } from '../link.ts';
import { CHANNEL_NAME, type OpenedPort, openPort } from './find-port.ts';
import { type ChannelMessage, type MessageKind, MessageReader, messageBytes } from './message.ts';
import { PortStream } from './port-stream.ts';

/** @param channel name of the channel, or path of a device @param open the port, each time anew */
export function channelRoute(channel = CHANNEL_NAME, open: () => OpenedPort = () => openPort(channel)): Route {
  return { name: `channel ${channel}`, carriesMany: false, open: (events) => new ChannelLink(open, events) };
}

class ChannelLink implements Link {
  readonly #session = randomInt(1, 2 ** 32);
  readonly #reader = new MessageReader();
  readonly #events: LinkEvents;
  #port: PortStream | null = null;
  #closed = false;

  constructor(open: () => OpenedPort, events: LinkEvents) {
    this.#events = events;
    setImmediate(() => this.#begin(open));
  }

  get queuedBytes(): number {
    return this.#port?.queuedBytes ?? 0;
  }

  send(data: string | Uint8Array): void {
    this.#say(typeof data === 'string' ? 'text' : 'binary', data);
  }

  close(): void {
    this.#say('close', 'the agent ends');
    this.#end();
  }

  #begin(open: () => OpenedPort): void {
    if (this.#closed) return;
    const opened = open();
    if (opened.ok) this.#use(opened.fd);
    else this.#lose(opened.reason);
  }

  #use(fd: number): void {
    this.#port = new PortStream(fd, {
      bytes: (chunk) => this.#take(chunk),
      gone: (reason) => this.#lose(reason),
    });
    this.#say('open');
    this.#events.open('');
  }

  #say(kind: MessageKind, payload: string | Uint8Array = ''): void {
    this.#port?.write(messageBytes(kind, this.#session, payload));
  }

  /** A message lost here is made up for: acknowledgements are cumulative, and a welcome has its deadline. */
  #take(chunk: Uint8Array): void {
    for (const message of this.#reader.push(chunk)) {
      if (!this.#closed && message.session === this.#session) this.#receive(message);
    }
  }

  #receive({ kind, payload }: ChannelMessage): void {
    if (kind === 'text') this.#events.text(payload.toString());
    else if (kind === 'close') this.#lose(payload.toString().slice(0, 500) || 'the host closed the channel');
  }

  #lose(reason: string): void {
    if (this.#closed) return;
    this.#end();
    this.#events.lost(reason);
  }

  #end(): void {
    this.#closed = true;
    this.#port?.close();
    this.#port = null;
  }
}
