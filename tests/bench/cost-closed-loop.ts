/**
 * Closed-loop load, to find what a server can do at most: each of the
 * connections asks again as soon as it was answered. A process of its own in
 * the client's namespace; takes a plan as JSON, prints one JSON object. Its
 * latencies hide queueing, so it reports none.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { ResponseReader } from '../../lab/http-response.ts';

export interface ClosedPlan {
  host: string;
  port: number;
  path: string;
  connections: number;
  /** Over all connections together. */
  requests: number;
}

export interface ClosedResult {
  answered: number;
  /** From the first request to the last answer. */
  seconds: number;
}

async function run(plan: ClosedPlan): Promise<ClosedResult> {
  const { host, port, path, connections, requests } = plan;
  const sockets = Array.from({ length: connections }, () => connect({ host, port, noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const ended = Promise.withResolvers<void>();
  let asked = 0;
  let answered = 0;
  const startMs = performance.now();
  for (const socket of sockets) {
    const reader = new ResponseReader();
    const ask = () => {
      if (asked === requests) return;
      asked++;
      socket.write(request);
    };
    socket.on('data', (bytes) => {
      if (reader.push(bytes) === null) return;
      answered++;
      if (answered === requests) ended.resolve();
      else ask();
    });
    socket.on('close', () => ended.reject(new Error('the server closed a connection')));
    socket.on('error', ended.reject);
    ask();
  }
  await ended.promise;
  const seconds = (performance.now() - startMs) / 1000;
  for (const socket of sockets) socket.removeAllListeners('close').destroy();
  return { answered, seconds };
}

if (import.meta.main) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}') as ClosedPlan))}\n`);
}
