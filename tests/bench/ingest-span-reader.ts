/** Who reads OTLP over HTTP here: keeps the next body where it is asked for it, else only counts. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export class SpanReader {
  /** Bodies so far. */
  count = 0;
  readonly url: string;
  readonly port: number;
  readonly #server: Server;
  #waiting: ((body: Buffer) => void) | null = null;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
    server.on('request', async (request, response) => {
      const body = await buffer(request);
      this.count++;
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      this.#waiting?.(body);
      this.#waiting = null;
    });
  }

  static async start(): Promise<SpanReader> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SpanReader(server);
  }

  next(): Promise<Buffer> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
