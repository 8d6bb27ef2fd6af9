/** Opening and closing HTTP servers at an address, and saying in words why one could not be had. */
import { lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { addressUrl, type ListenAddress } from './listen-address.ts';

/** An answer under way gets this long. */
const ANSWER_MS = 1_000;

export interface ListenError extends NodeJS.ErrnoException {
  listenAddress: ListenAddress;
}

/** Opens `server` at the address; a socket file that a killed process left is replaced. @throws ListenError */
export async function listen(server: Server, address: ListenAddress): Promise<Server> {
  if (address.kind === 'unix' && (await isAbandoned(address.path))) unlinkSync(address.path);
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(Object.assign(error, { listenAddress: address }));
    server.once('error', failed);
    const done = (): void => {
      server.off('error', failed);
      resolve(server);
    };
    if (address.kind === 'unix') server.listen(address.path, done);
    else server.listen(address.port, address.host, done);
  });
}

/** A socket file behind which nobody listens: only a refused connection says so for certain. */
function isAbandoned(path: string): Promise<boolean> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(path, () => {
    probe.destroy();
    resolve(false);
  });
  probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  return promise;
}

/** Where a server really listens: a port 0 has become a number. */
export function boundAddress(server: Server): ListenAddress {
  const address = server.address() as AddressInfo | string;
  if (typeof address === 'string') return { kind: 'unix', path: address };
  return { kind: 'tcp', host: address.address, port: address.port };
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), ANSWER_MS).unref();
  });
}

export function isListenError(error: unknown): error is ListenError {
  return error instanceof Error && 'listenAddress' in error;
}

/** What went wrong and what to do next. */
export function listenFailure({ code, message, listenAddress }: ListenError): string {
  const at = addressUrl(listenAddress);
  switch (code) {
    case 'EADDRINUSE': {
      const what = listenAddress.kind === 'tcp' ? `port ${listenAddress.port}` : listenAddress.path;
      return `${what} is in use (${at}): stop what listens there, or choose another with --listen 127.0.0.1:PORT.`;
    }
    case 'EACCES':
      // What libuv also says for a folder that is not there.
      if (listenAddress.kind === 'unix') {
        return `${listenAddress.path} cannot be made: its folder must exist and be writable for this user.`;
      }
      return `${at} may not be used by this user: choose a port above 1023 with --listen.`;
    case 'EADDRNOTAVAIL':
      return `${at} is not an address of this machine: ip -brief address shows those that are.`;
    default:
      return `cannot listen on ${at}: ${message}`;
  }
}
