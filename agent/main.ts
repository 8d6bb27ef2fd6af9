/** `hopscope agent`: one vantage. Exit codes: 0 ended by a signal, 1 failed, 2 usage. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HostDevices } from './host/tap-watch.ts';
import { type AgentOptions, parseAgentOptions } from './options.ts';
import { missingPrivileges } from './privileges.ts';

declare const HOPSCOPE_VERSION: string | undefined;
const VERSION = typeof HOPSCOPE_VERSION === 'string' ? HOPSCOPE_VERSION : 'source';

function say(line: string): void {
  process.stderr.write(`hopscope agent: ${line}\n`);
}

/** @param args the words after `hopscope agent` @returns the exit code */
export async function main(args: string[]): Promise<number> {
  const parsed = parseAgentOptions(args);
  if (!parsed.ok) {
    if (parsed.exitCode !== 0) say(`${parsed.message}\nSee: hopscope agent --help`);
    return parsed.exitCode;
  }
  const { nic } = parsed.options;
  if (nic !== '' && !existsSync(`/sys/class/net/${nic}`)) {
    say(`no such network device: ${nic}; \`ip link\` lists them`);
    return 1;
  }
  const missing = missingPrivileges(parsed.options.role);
  for (const sentence of missing) say(sentence);
  if (missing.length > 0) return 1;
  return run(parsed.options);
}

async function run(options: AgentOptions): Promise<number> {
  const file = bpfFile(options);
  if (!file) {
    say(`no compiled BPF object for --role ${options.role}; run \`npm run setup\`, or give --bpf-dir`);
    return 1;
  }
  try {
    const { silenceLibbpf } = await import('./libbpf.ts');
    silenceLibbpf();
    return await trace(options, file);
  } catch (error) {
    const { message } = error as Error;
    say(/libbpf\.so/.test(message) ? `${message}; install libbpf1 (Debian: apt-get install libbpf1)` : message);
    return 1;
  }
}

/** Beside a bundled agent, or where the set-up of a checkout puts it. */
function bpfFile(options: AgentOptions): string | null {
  const name = `${options.role}.bpf.o`;
  const places = options.bpfDir
    ? [`${options.bpfDir}/${name}`]
    : ['bpf', '../dist/bpf'].map((dir) => fileURLToPath(new URL(`${dir}/${name}`, import.meta.url)));
  return places.find((path) => existsSync(path)) ?? null;
}

async function devicesOf(options: AgentOptions): Promise<HostDevices> {
  if (options.role === 'guest') return { uplinks: [], taps: [], vms: [] };
  const { findDevices } = await import('./host/tap-watch.ts');
  const found = findDevices(options.uplinks, options.taps);
  if (!found.ok) throw new Error(found.message);
  if (found.devices.uplinks.length === 0) {
    throw new Error('no host NIC found behind a bridge with a VM on it; name it with --uplink (and --tap)');
  }
  return found.devices;
}

async function trace(options: AgentOptions, file: string): Promise<number> {
  const { Agent } = await import('./agent.ts');
  const tell = options.logLevel === 'error' ? () => undefined : say;
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  const agent = new Agent(
    options,
    file,
    await devicesOf(options),
    VERSION,
    {
      onRefused: (code, message) => {
        say(`the server refused this agent (${code}): ${message}`);
        end(1);
      },
      onState: (state, detail) => tell(`${state}: ${detail}`),
    },
    say,
  );
  for (const { station, probe, reason } of agent.stations) {
    (probe === null ? say : tell)(`station ${station}: ${probe ?? 'MISSING'}${reason ? ` (${reason})` : ''}`);
  }
  if (options.strict && agent.stations.some(({ probe }) => probe === null)) {
    await agent.stop();
    say('--strict: a station is missing');
    return 1;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(0));
  agent.start();
  const code = await ended;
  await agent.stop();
  return code;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
