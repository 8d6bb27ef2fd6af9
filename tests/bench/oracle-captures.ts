/** tcpdump at three places at once: the uplink, the tap, and inside the guest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { insideNamespace } from '../../lab/network.ts';
import type { LabRun } from '../vm/lab-run.ts';

export const PLACES = ['uplink', 'tap', 'guest'] as const;
export type Place = (typeof PLACES)[number];

export interface CaptureEnd {
  file: string;
  packets: number;
  /** Packets that the kernel had no room for: with any, nothing can be compared. */
  dropped: number;
}

const GUEST_FILE = '/run/hopscope/www/capture.pcap';
const GUEST_LOG = '/tmp/tcpdump.log';
const FILTER = "'tcp port 80'";
const COMMON = ['-n', '-Z', 'root', '--time-stamp-precision=nano'];
const DEVICE = { uplink: 'nic0', tap: 'vnet0' };
/** The measured NIC, found by its address. */
const MEASURED = '$(ip -o link | busybox awk -F": " \'/02:48:53:00:00:10/ { print $2 }\')';

/** Captures that run; `stop` ends them and brings the files. */
export class Captures {
  readonly #run: LabRun;
  readonly #folder: string;
  readonly #host: { place: 'uplink' | 'tap'; file: string; tcpdump: Tcpdump }[];

  private constructor(run: LabRun, folder: string) {
    this.#run = run;
    this.#folder = folder;
    this.#host = (['uplink', 'tap'] as const).map((place) => {
      const file = join(folder, `${place}.pcap`);
      return { place, file, tcpdump: new Tcpdump(run.hostNamespace, DEVICE[place], file) };
    });
  }

  /** Resolves when all three listen. @param folder where the files go; its own for each use */
  static async start(run: LabRun, folder: string): Promise<Captures> {
    const captures = new Captures(run, folder);
    await Promise.all(captures.#host.map(({ tcpdump }) => tcpdump.listening));
    await inGuest(
      run,
      `rm -f ${GUEST_FILE} ${GUEST_LOG}
       tcpdump -i ${MEASURED} -B 16384 ${COMMON.join(' ')} -w ${GUEST_FILE} ${FILTER} 2> ${GUEST_LOG} &
       echo $! > /tmp/tcpdump.pid
       until grep -q 'listening on' ${GUEST_LOG}; do kill -0 $(cat /tmp/tcpdump.pid) || exit 1; sleep 0.1; done`,
    );
    return captures;
  }

  async stop(): Promise<Record<Place, CaptureEnd>> {
    const host = await Promise.all(this.#host.map(({ file, tcpdump }) => tcpdump.stop(file)));
    const said = await inGuest(
      this.#run,
      `kill -INT $(cat /tmp/tcpdump.pid)
       until grep -q 'dropped by kernel' ${GUEST_LOG}; do sleep 0.1; done
       cat ${GUEST_LOG}; busybox stat -c 'bytes %s' ${GUEST_FILE}`,
    );
    const file = join(this.#folder, 'guest.pcap');
    await fetchFromGuest(this.#run.clientNamespace, '/capture.pcap', file);
    if (statSync(file).size !== numberBefore(said, /bytes (\d+)/)) throw new Error('the guest cut its capture short');
    await inGuest(this.#run, `rm ${GUEST_FILE}`);
    return { uplink: host[0]!, tap: host[1]!, guest: { file, ...counts(said) } };
  }
}

class Tcpdump {
  readonly #child: ChildProcess;
  readonly listening: Promise<void>;
  readonly #ended: Promise<void>;
  #said = '';

  constructor(namespace: string, device: string, file: string) {
    const words = ['tcpdump', '-i', device, '-B', '65536', ...COMMON, '-w', file, FILTER.replaceAll("'", '')];
    const [command, ...args] = insideNamespace(namespace, words) as [string, ...string[]];
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.listening = promise;
    this.#ended = new Promise((done) => this.#child.on('close', () => done()));
    this.#child.on('error', reject);
    this.#child.stderr!.on('data', (data) => {
      this.#said += data;
      if (this.#said.includes('listening on')) resolve();
    });
    this.#ended.then(() => reject(new Error(`tcpdump on ${device} ended: ${this.#said}`)));
    promise.catch(() => {});
  }

  async stop(file: string): Promise<CaptureEnd> {
    this.#child.kill('SIGINT');
    await this.#ended;
    return { file, ...counts(this.#said) };
  }
}

function counts(said: string): { packets: number; dropped: number } {
  return {
    packets: numberBefore(said, /(\d+) packets? captured/),
    dropped: numberBefore(said, /(\d+) packets? dropped by kernel/),
  };
}

function numberBefore(said: string, pattern: RegExp): number {
  const found = pattern.exec(said)?.[1];
  if (found === undefined) throw new Error(`tcpdump did not say ${pattern}:\n${said}`);
  return Number(found);
}

/** Whether the guest hands its card packets as large as it likes, or such as go over a wire. */
export async function setSegments(run: LabRun, wanted: 'on the wire' | undefined): Promise<void> {
  const state = wanted === undefined ? 'on' : 'off';
  await inGuest(run, `ethtool -K ${MEASURED} tso ${state} gso ${state}`);
}

async function inGuest(run: LabRun, script: string): Promise<string> {
  const { code, stdout } = await run.guest(script, 60_000);
  if (code !== 0) throw new Error(`in the guest:\n${stdout}`);
  return stdout;
}

/** Over the measured NIC, once nothing is measured any more: the quickest way out of the guest. */
async function fetchFromGuest(namespace: string, path: string, file: string): Promise<void> {
  const read = `import { createWriteStream } from 'node:fs'; import { pipeline } from 'node:stream/promises';
    const answer = await fetch('http://10.77.0.10${path}', { signal: AbortSignal.timeout(120000) });
    if (!answer.ok) throw new Error('status ' + answer.status);
    await pipeline(answer.body, createWriteStream(process.argv[1]));`;
  const words = [process.execPath, '--input-type=module', '-e', read, file];
  const [command, ...args] = insideNamespace(namespace, words) as [string, ...string[]];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  if (code !== 0) throw new Error(`the guest did not hand out ${path}`);
}
