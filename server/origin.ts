/**
 * Who may talk to us from a browser. A page of another origin may not open the
 * live stream; and a foreign name that was pointed at this machine's loopback
 * address (DNS rebinding) is not this server.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from './listen-address.ts';

/** A UNIX socket has no addresses: local. */
function reachedOverLoopback(request: IncomingMessage): boolean {
  const { localAddress } = request.socket;
  return localAddress === undefined || isLoopback(localAddress);
}

function fromLoopback(request: IncomingMessage): boolean {
  const { remoteAddress } = request.socket;
  return remoteAddress === undefined || isLoopback(remoteAddress);
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** @returns why a request is not for us, or null */
export function hostFault(request: IncomingMessage, allowed: readonly string[]): string | null {
  const { host } = request.headers;
  if (host === undefined || !reachedOverLoopback(request)) return null;
  const name = hostName(host);
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return null;
  if (allowed.some((origin) => new URL(origin).host === host)) return null;
  return `this server does not answer to the name ${name}: start it with --allow-origin http://${host}`;
}

/** @returns why a WebSocket may not be opened from where it comes, or null */
export function originFault(request: IncomingMessage, allowed: readonly string[]): string | null {
  const { origin, host } = request.headers;
  if (origin === undefined) {
    return fromLoopback(request) ? null : 'a client without an Origin is only taken from this machine';
  }
  if (allowed.includes(origin)) return hostFault(request, allowed);
  if (!URL.canParse(origin) || new URL(origin).host !== host) {
    return `origin ${origin.slice(0, 200)} is not this server's: start it with --allow-origin ${origin.slice(0, 200)}`;
  }
  return hostFault(request, allowed);
}
