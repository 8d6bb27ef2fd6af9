/**
 * Where the server listens: `host:port`, `[v6]:port`, `:port`, `port` or
 * `unix:/path`. Parsed once; everything else only sees the parsed form.
 */
import { isIP } from 'node:net';

export interface TcpAddress {
  kind: 'tcp';
  host: string;
  port: number;
}
export interface UnixAddress {
  kind: 'unix';
  path: string;
}
export type ListenAddress = TcpAddress | UnixAddress;

export const DEFAULT_PORT = 7117;

function tcp(host: string, portText: string): TcpAddress | null {
  const port = Number(portText);
  return /^\d{1,5}$/.test(portText) && port <= 65535 ? { kind: 'tcp', host, port } : null;
}

/** @returns null where the text is not an address we can listen on */
export function parseListenAddress(text: string): ListenAddress | null {
  if (text.startsWith('unix:')) return text.length > 5 ? { kind: 'unix', path: text.slice(5) } : null;
  if (/^\d+$/.test(text)) return tcp('127.0.0.1', text);
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::(\d+))?$/.exec(text);
  if (bracketed) return isIP(bracketed[1] ?? '') === 6 ? tcp(bracketed[1] as string, bracketed[2] ?? '7117') : null;
  const named = /^([A-Za-z0-9.-]*):(\d+)$/.exec(text);
  if (named) return tcp(named[1] === '' ? '::' : (named[1] as string), named[2] as string);
  return isIP(text) ? tcp(text, String(DEFAULT_PORT)) : null;
}

/** Loopback in any spelling an operating system gives: 127/8, ::1, v4-mapped, localhost. */
export function isLoopback(host: string): boolean {
  const plain = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:/, '');
  return plain === 'localhost' || plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain);
}

/** Only this machine can reach it. */
export function isLocalOnly(address: ListenAddress): boolean {
  return address.kind === 'unix' || isLoopback(address.host);
}

export function addressUrl(address: ListenAddress, scheme: 'http' | 'ws' = 'http'): string {
  if (address.kind === 'unix') return `${scheme}+unix://${address.path}`;
  return `${scheme}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
