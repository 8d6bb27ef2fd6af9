/** The service's own word: Nginx' access log, with the query that Hopscope never reads. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { insideNamespace } from '../../lab/network.ts';

export interface Logged {
  status: number;
  /** Address and port of the client. */
  client: string;
}

const LOG_URL = 'http://127.0.0.1:7118/access.log';
const MOST_BYTES = 256 * 1024 * 1024;

export function addressOf({ address, port }: { address: string; port: number }): string {
  return `${address}:${port}`;
}

/** All requests that the guest's Nginx has logged so far, by URI with query. @param namespace the host's */
export async function readAccessLog(namespace: string): Promise<Map<string, Logged[]>> {
  const read = `const answer = await fetch('${LOG_URL}', { signal: AbortSignal.timeout(60000) });
    process.stdout.write(Buffer.from(await answer.arrayBuffer()))`;
  const words = [process.execPath, '--input-type=module', '-e', read];
  const [command, ...args] = insideNamespace(namespace, words) as [string, ...string[]];
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: MOST_BYTES });
  const entries = new Map<string, Logged[]>();
  for (const line of stdout.split('\n')) {
    // lab/guest/nginx.conf: $request_uri $status $body_bytes_sent $msec $remote_addr:$remote_port
    const [uri, status, , , client] = line.split(' ');
    if (uri === undefined || client === undefined) continue;
    const entry = { status: Number(status), client };
    const others = entries.get(uri);
    if (others) others.push(entry);
    else entries.set(uri, [entry]);
  }
  return entries;
}
