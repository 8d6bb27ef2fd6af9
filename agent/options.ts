/** `hopscope agent`: flags and their environment twins, checked once, then frozen. */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Vantage } from '../server/wire/stations.ts';
import { CHANNEL_NAME } from './channel/find-port.ts';

/** Where Nginx is told to send its lines, and where they are looked for. */
const ACCESS_LOG_SOCKET = '/run/hopscope/nginx.sock';

/** In --buffer-dir, where nothing else is said. */
const BUFFER_DISK_MB = 256;

export interface AgentOptions {
  role: Vantage;
  /** A WebSocket's URL, or empty where the guest's channel is used. */
  server: string;
  /** Guest: name or device of the virtio-serial channel to use, or empty. */
  channel: string;
  /** Host: sockets of guests' channels, beside those that are found. */
  channels: readonly string[];
  token: string;
  ports: readonly number[];
  uplinks: readonly string[];
  taps: readonly string[];
  nic: string;
  /** Guest: datagram socket for access log lines, or empty. */
  accessLog: string;
  http: boolean;
  strict: boolean;
  /** Kinds of probes that are not tried, as in `fentry`. */
  skipProbes: readonly string[];
  bufferBytes: number;
  /** Where unacknowledged records outlive the agent, or empty. */
  bufferDir: string;
  bufferDiskBytes: number;
  ringBytes: number;
  bpfDir: string;
  logLevel: 'error' | 'info';
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('a port is a number from 1 to 65535');
  }
  return port;
}

function portList(text: string, before: number[] = []): number[] {
  return [...before, ...text.split(',').map((part) => portNumber(part.trim()))];
}

function nameList(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').map((part) => part.trim())];
}

function megabytes(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 1024)) throw new InvalidArgumentError('from 1 to 1024');
  return value;
}

function diskMegabytes(text: string): number {
  const value = Number(text);
  if (!(value >= 8 && value <= 65_536)) throw new InvalidArgumentError('from 8 to 65536');
  return value;
}

function ringSize(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(Math.log2(value)) || value < 4 || value > 65_536) {
    throw new InvalidArgumentError('a power of two from 4 to 65536');
  }
  return value;
}

/** `channel`, `channel:<name or device>` or a WebSocket's URL. */
function serverAddress(text: string): string {
  const channel = /^channel(?::([\w./-]+))?$/.exec(text);
  if (channel) return `channel:${channel[1] ?? CHANNEL_NAME}`;
  const url = URL.parse(text);
  if (!url || !['ws:', 'wss:'].includes(url.protocol)) {
    throw new InvalidArgumentError('expected something like ws://10.0.0.1:7117/agent, or in a guest: channel');
  }
  return url.href;
}

/** A guest's way to the server, as libvirt gives it to a VM. */
const CHANNEL_HELP = `
A guest without a network for us: give the VM this channel, and its agent --server channel.
The agent on the host finds the channel and connects it to the server.

  <channel type='unix'>
    <target type='virtio' name='${CHANNEL_NAME}'/>
  </channel>`;

export function agentCommand(): Command {
  return new Command('hopscope agent')
    .description('Timestamp requests on this machine and send the records to the server')
    .addHelpText('after', CHANNEL_HELP)
    .addOption(
      new Option('--role <role>', 'which vantage this machine is')
        .choices(['guest', 'host'])
        .makeOptionMandatory()
        .env('HOPSCOPE_ROLE'),
    )
    .addOption(
      new Option('--server <url>', `the server; guest: or channel[:name], a virtio-serial port (${CHANNEL_NAME})`)
        .default('ws://127.0.0.1:7117/agent')
        .argParser(serverAddress)
        .env('HOPSCOPE_SERVER'),
    )
    .addOption(new Option('--token <token>', 'shared secret (better: --token-file)').env('HOPSCOPE_TOKEN'))
    .addOption(new Option('--token-file <file>', 'file with the shared secret').env('HOPSCOPE_TOKEN_FILE'))
    .addOption(
      new Option('--port <port>', 'service port in the VM; several: 80,443 or given again')
        .argParser(portList)
        .env('HOPSCOPE_SERVICE_PORTS'),
    )
    .addOption(
      new Option('--uplink <nic>', 'host: NIC that is a port of the switch (default: found)').argParser(nameList),
    )
    .addOption(new Option('--tap <tap>', 'host: tap of a VM (default: those that QEMU holds)').argParser(nameList))
    .addOption(
      new Option(
        '--channel <socket>',
        "host: socket of a guest's channel (default: those of QEMU processes)",
      ).argParser(nameList),
    )
    .addOption(new Option('--nic <nic>', 'guest: NIC with the traced traffic (default: found)').default(''))
    .addOption(
      new Option('--access-log <socket>', 'guest: where Nginx sends its access log').default(ACCESS_LOG_SOCKET),
    )
    .option('--no-access-log', 'read no access log')
    .option('--no-http', 'do not read method, path and status')
    .option('--strict', 'a missing station is fatal')
    .addOption(
      new Option('--skip-probes <kinds>', 'kinds not to use where another one serves: fentry,fexit,tp_btf,xdp,kprobe')
        .argParser(nameList)
        .env('HOPSCOPE_SKIP_PROBES'),
    )
    .addOption(new Option('--buffer <MB>', 'records kept for an unreachable server').default(8).argParser(megabytes))
    .addOption(
      new Option('--buffer-dir <dir>', 'keep them on disk, too, for the case that the agent is killed')
        .env('HOPSCOPE_BUFFER_DIR')
        .default(''),
    )
    .addOption(
      new Option('--buffer-disk <MB>', `with --buffer-dir: records kept there (default: ${BUFFER_DISK_MB})`).argParser(
        diskMegabytes,
      ),
    )
    .addOption(
      new Option('--ring <KiB>', 'records kept in the kernel for a busy agent').default(4096).argParser(ringSize),
    )
    .addOption(
      new Option('--bpf-dir <dir>', 'where guest.bpf.o and host.bpf.o are').env('HOPSCOPE_BPF_DIR').default(''),
    )
    .addOption(
      new Option('--log-level <level>', 'error: only what is wrong').choices(['error', 'info']).default('info'),
    );
}

type Parsed = { ok: true; options: AgentOptions } | { ok: false; exitCode: number; message: string };

/** Parse the words after `hopscope agent`. Usage errors are values with exit code 2; 0 for --help, which is printed. */
export function parseAgentOptions(args: readonly string[]): Parsed {
  const command = agentCommand()
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    const { exitCode, message } = error as { exitCode: number; message: string };
    return { ok: false, exitCode: exitCode === 0 ? 0 : 2, message: message.replace(/^error: /, '') };
  }
  return check(command.opts());
}

function check(given: Record<string, unknown>): Parsed {
  const token = tokenOf(given);
  if (!token.ok) return { ok: false, exitCode: 2, message: token.message };
  const address = given.server as string;
  const channel = address.startsWith('channel:') ? address.slice(8) : '';
  const server = channel === '' ? address : '';
  if (channel !== '' && given.role === 'host') {
    return { ok: false, exitCode: 2, message: '--server channel is for guests: the host connects them to the server' };
  }
  const ports = (given.port as number[] | undefined) ?? [80];
  if (server !== '' && ports.includes(portOf(server))) {
    const message = `--port ${portOf(server)} is the server's own port: its traffic is never traced; name another --port`;
    return { ok: false, exitCode: 2, message };
  }
  if (given.bufferDisk !== undefined && given.bufferDir === '') {
    return { ok: false, exitCode: 2, message: '--buffer-disk is the size of --buffer-dir: give that, too' };
  }
  const options: AgentOptions = {
    role: given.role as Vantage,
    server,
    channel,
    channels: (given.channel as string[] | undefined) ?? [],
    token: token.value,
    ports,
    uplinks: (given.uplink as string[] | undefined) ?? [],
    taps: (given.tap as string[] | undefined) ?? [],
    nic: given.nic as string,
    accessLog: given.role === 'guest' ? (given.accessLog as string | false) || '' : '',
    http: given.http as boolean,
    strict: given.strict === true,
    skipProbes: (given.skipProbes as string[] | undefined) ?? [],
    bufferBytes: (given.buffer as number) * 1024 * 1024,
    bufferDir: given.bufferDir as string,
    bufferDiskBytes: ((given.bufferDisk as number | undefined) ?? BUFFER_DISK_MB) * 1024 * 1024,
    ringBytes: (given.ring as number) * 1024,
    bpfDir: given.bpfDir as string,
    logLevel: given.logLevel as AgentOptions['logLevel'],
  };
  return { ok: true, options: Object.freeze(options) };
}

function portOf(server: string): number {
  const { port, protocol } = new URL(server);
  return port === '' ? (protocol === 'wss:' ? 443 : 80) : Number(port);
}

function tokenOf(given: Record<string, unknown>): { ok: true; value: string } | { ok: false; message: string } {
  const { token, tokenFile } = given;
  if (typeof tokenFile === 'string' && typeof token === 'string') {
    return { ok: false, message: '--token and --token-file are both given: keep one' };
  }
  if (typeof tokenFile === 'string') return tokenIn(tokenFile);
  if (typeof token === 'string' && token !== '') return { ok: true, value: token };
  return { ok: false, message: 'no token: give --token-file FILE with the token that the server was started with' };
}

function tokenIn(file: string): { ok: true; value: string } | { ok: false; message: string } {
  try {
    const value = readFileSync(file, 'utf8').trim();
    return value === '' ? { ok: false, message: `--token-file: ${file} is empty` } : { ok: true, value };
  } catch (error) {
    return { ok: false, message: `--token-file: ${(error as Error).message}` };
  }
}
