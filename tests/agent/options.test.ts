import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAgentOptions } from '../../agent/options.ts';
import { AGENT, agentOnce, Program, plainEnvironment } from './program.ts';

let directory: string;
const held = new Map<string, string | undefined>();
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'hopscope-options-'));
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('HOPSCOPE_'))) {
    held.set(name, process.env[name]);
    delete process.env[name];
  }
});
afterAll(() => {
  rmSync(directory, { recursive: true });
  for (const [name, value] of held) process.env[name] = value;
});

const HOST = ['--role', 'host', '--token', 'a-token-for-tests'];

function options(...args: string[]) {
  const parsed = parseAgentOptions(args);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.options;
}

function refusal(...args: string[]): string {
  const parsed = parseAgentOptions(args);
  if (parsed.ok) throw new Error(`taken: ${args.join(' ')}`);
  expect(parsed.exitCode).toBe(2);
  return parsed.message;
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe('the options of an agent', () => {
  it('default to port 80, to the server on this machine, and to finding the devices', () => {
    expect(options(...HOST)).toEqual({
      role: 'host',
      server: 'ws://127.0.0.1:7117/agent',
      channel: '',
      channels: [],
      token: 'a-token-for-tests',
      ports: [80],
      uplinks: [],
      taps: [],
      nic: '',
      accessLog: '',
      http: true,
      strict: false,
      skipProbes: [],
      bufferBytes: 8 * 1024 * 1024,
      bufferDir: '',
      bufferDiskBytes: 256 * 1024 * 1024,
      ringBytes: 4 * 1024 * 1024,
      bpfDir: '',
      logLevel: 'info',
    });
    expect(Object.isFrozen(options(...HOST))).toBe(true);
  });

  it('take several ports and devices, separated by commas or given again', () => {
    const { ports, taps, uplinks } = options(
      ...HOST,
      '--port',
      '80, 443',
      '--port',
      '8080',
      '--tap',
      'a,b',
      '--uplink',
      'c',
    );
    expect({ ports, taps, uplinks }).toEqual({ ports: [80, 443, 8080], taps: ['a', 'b'], uplinks: ['c'] });
  });

  it.each(['0', '65536', '80.5', 'http', '80,', ''])('refuse %j as a port', (port) => {
    expect(refusal(...HOST, '--port', port)).toContain('a port is a number from 1 to 65535');
  });

  it.each([
    ['ws://10.0.0.1:7117/agent', '7117'],
    ['ws://10.0.0.1/agent', '80'],
    ['wss://10.0.0.1/agent', '443'],
  ])("refuse to trace the server's own port at %s", (server, port) => {
    expect(refusal(...HOST, '--server', server, '--port', `81,${port}`)).toContain(
      `--port ${port} is the server's own`,
    );
  });

  it('take port 443 beside a server on ws, and 80 beside one on wss', () => {
    expect(options(...HOST, '--server', 'wss://10.0.0.1/agent').ports).toEqual([80]);
    expect(options(...HOST, '--server', 'ws://10.0.0.1/agent', '--port', '443').ports).toEqual([443]);
  });

  it.each(['http://10.0.0.1:7117', '10.0.0.1:7117', 'server'])('refuse %s as a server, with an example', (server) => {
    expect(refusal(...HOST, '--server', server)).toContain('ws://10.0.0.1:7117/agent');
  });

  it.each([
    ['channel', 'org.hopscope.agent.0'],
    ['channel:org.example.1', 'org.example.1'],
    ['channel:/dev/vport2p1', '/dev/vport2p1'],
  ])('take --server %s in a guest, whatever ports it traces', (server, channel) => {
    const guest = ['--role', 'guest', '--token', 'x', '--port', '7117,80', '--server', server];
    expect(options(...guest)).toMatchObject({ server: '', channel });
  });

  it('refuse a channel as the way of a host, and take the sockets of its guests', () => {
    expect(refusal(...HOST, '--server', 'channel')).toContain('--server channel is for guests');
    expect(refusal(...HOST, '--server', 'channel:')).toContain('channel');
    expect(options(...HOST, '--channel', '/run/a.sock,/run/b.sock', '--channel', 'c').channels).toEqual([
      '/run/a.sock',
      '/run/b.sock',
      'c',
    ]);
  });

  it('look for an access log in a guest unless told not to', () => {
    const guest = ['--role', 'guest', '--token', 'x'];
    expect(options(...guest).accessLog).toBe('/run/hopscope/nginx.sock');
    expect(options(...guest, '--access-log', '/run/other.sock').accessLog).toBe('/run/other.sock');
    expect(options(...guest, '--no-access-log').accessLog).toBe('');
  });

  it('refuse another role, no role, and a word that is no flag', () => {
    expect(refusal('--role', 'router', '--token', 'x')).toContain('guest, host');
    expect(refusal('--token', 'x')).toContain('--role');
    expect(refusal(...HOST, 'eth0')).toContain('too many arguments');
  });

  it('refuse a buffer below 1 MB and above 1 GB', () => {
    for (const size of ['0.5', '1025', 'much']) expect(refusal(...HOST, '--buffer', size)).toContain('from 1 to 1024');
    expect(options(...HOST, '--buffer', '2').bufferBytes).toBe(2_097_152);
    for (const size of ['3', '100', '131072', 'big'])
      expect(refusal(...HOST, '--ring', size)).toContain('power of two');
    expect(options(...HOST, '--ring', '64').ringBytes).toBe(65_536);
  });
});

describe('the directory of an agent', () => {
  it('is given with its size in MB, from 8 to 65536, or with the usual one', () => {
    const given = options(...HOST, '--buffer-dir', '/var/lib/hopscope', '--buffer-disk', '64');
    expect(given).toMatchObject({ bufferDir: '/var/lib/hopscope', bufferDiskBytes: 67_108_864 });
    expect(options(...HOST, '--buffer-dir', '/x').bufferDiskBytes).toBe(268_435_456);
    for (const size of ['7', '65537', 'much']) {
      expect(refusal(...HOST, '--buffer-dir', '/x', '--buffer-disk', size)).toContain('from 8 to 65536');
    }
    expect(refusal(...HOST, '--buffer-disk', '64')).toContain('--buffer-disk is the size of --buffer-dir');
  });

  it('comes from the environment', () => {
    process.env.HOPSCOPE_BUFFER_DIR = '/from/the/environment';
    expect(options(...HOST).bufferDir).toBe('/from/the/environment');
    delete process.env.HOPSCOPE_BUFFER_DIR;
  });
});

describe('the token of an agent', () => {
  const role = ['--role', 'guest'];

  it('comes from a file, without the line end', () => {
    expect(options(...role, '--token-file', file('token', 'from-a-file\n')).token).toBe('from-a-file');
  });

  it('comes from the environment', () => {
    process.env.HOPSCOPE_TOKEN = 'from-the-environment';
    expect(options(...role).token).toBe('from-the-environment');
    delete process.env.HOPSCOPE_TOKEN;
  });

  it('must be given, once, and not be empty', () => {
    expect(refusal(...role)).toContain('--token-file FILE');
    expect(refusal(...role, '--token', '')).toContain('--token-file FILE');
    expect(refusal(...role, '--token-file', file('empty', '\n'))).toContain('is empty');
    expect(refusal(...role, '--token-file', join(directory, 'absent'))).toMatch(/--token-file: ENOENT.*absent/);
    expect(refusal(...role, '--token', 'x', '--token-file', file('both', 'y'))).toContain('keep one');
  });
});

describe('the agent as a process', () => {
  it('prints its help once and ends with 0', async () => {
    const { code, stdout, stderr } = await agentOnce('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^Usage: hopscope agent/gm)).toHaveLength(1);
    expect(stdout).toContain('--token-file');
  });

  it('ends with 2 and a suggestion on an unknown flag', async () => {
    const { code, stdout, stderr } = await agentOnce('--role', 'host', '--tokn', 'x');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^hopscope agent: unknown option '--tokn'/);
    expect(stderr).toContain('--token');
    expect(stderr).toContain('hopscope agent --help');
  });

  it.each([
    ['host', 'CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON'],
    ['guest', 'CAP_BPF, CAP_PERFMON'],
  ])('ends with 1 on a %s and names the capabilities it lacks', async (role, capabilities) => {
    const args = ['--inh-caps=-all', '--bounding-set=-all', ...AGENT, '--role', role, '--token', 'x'];
    const program = new Program('setpriv', args, plainEnvironment());
    expect(await program.exit).toBe(1);
    expect(program.stderr).toContain(`missing ${capabilities}: run as root`);
  });

  it('ends with 1 when the NIC of a guest is not there', async () => {
    const { code, stderr } = await agentOnce('--role', 'guest', '--token', 'x', '--nic', 'no-such-nic');
    expect(code).toBe(1);
    expect(stderr).toBe('hopscope agent: no such network device: no-such-nic; `ip link` lists them\n');
  });

  it('ends with 1 when a device does not exist, and says how to list them', async () => {
    const { code, stderr } = await agentOnce(...HOST, '--uplink', 'lo', '--tap', 'no-such-tap');
    expect(code).toBe(1);
    expect(stderr).toContain('no such network device: no-such-tap; `ip link` lists them');
  });

  it('ends with 1 when there is no compiled object, and says how to get one', async () => {
    const { code, stderr } = await agentOnce(...HOST, '--bpf-dir', directory);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no compiled BPF object for --role host.*npm run setup/);
  });
});
