import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoadLine, LoadOrder } from '../../lab/load.ts';
import type { LoadSummary } from '../../server/wire/views.ts';

const GENERATOR = join(import.meta.dirname, '../../lab/load.ts');
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function answering(): Promise<number> {
  const server = createServer((_request, response) => void response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return (server.address() as AddressInfo).port;
}

/** A generator that takes plans on standard input. */
function generator() {
  const child = spawn(process.execPath, [GENERATOR], { stdio: ['pipe', 'pipe', 'inherit'] });
  closing.push(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const drive = async (order: LoadOrder): Promise<LoadSummary> => {
    child.stdin.write(`${JSON.stringify(order)}\n`);
    for (;;) {
      const line = JSON.parse((await lines.next()).value as string) as LoadLine;
      if (line.type === 'summary') return line.load;
    }
  };
  return { child, drive };
}

describe('the generator as a process', () => {
  it('drives one plan after the other, and sums up those of one tally', async () => {
    const port = await answering();
    const { child, drive } = generator();
    const plan = { host: '127.0.0.1', port, path: '/', rate: 200, connections: 4, maxConnections: 100 };
    const order = (durationS: number, tally?: string): LoadOrder => ({ ...plan, durationS, ...(tally && { tally }) });
    expect(await drive(order(0.2, 'warm-up'))).toMatchObject({ sent: 40, answered: 40, durationS: 0.2 });
    expect(await drive(order(0.3, 'a'))).toMatchObject({ sent: 60, answered: 60, durationS: 0.3 });
    expect(await drive(order(0.1))).toMatchObject({ sent: 20, answered: 20 });
    const both = await drive(order(0.5, 'a'));
    expect(both).toMatchObject({ sent: 160, answered: 160, errors: 0, durationS: 0.8 });
    expect(both.lateness.max).toBeGreaterThanOrEqual(both.lateness.p99!);
    const closed = once(child, 'close');
    child.stdin.end();
    expect(await closed).toEqual([0, null]);
  });

  it('keeps to the quantiles of all schedules of a tally, not of the last', async () => {
    const delaysMs = [150, 0];
    const server = createServer((_request, response) => {
      setTimeout(() => response.end('ok'), delaysMs[0]);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    const { port } = server.address() as AddressInfo;
    const { drive } = generator();
    const order = {
      host: '127.0.0.1',
      port,
      path: '/',
      rate: 100,
      durationS: 0.5,
      connections: 30,
      maxConnections: 60,
    };
    await drive({ ...order, tally: 'a' });
    delaysMs.shift();
    const both = await drive({ ...order, tally: 'a' });
    // Half of them were slow.
    expect(both.p90! / 1e6).toBeGreaterThan(140);
    expect(both).toMatchObject({ sent: 100, answered: 100 });
  });
});
