import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseLabOptions } from '../../lab/options.ts';
import { promisedFlags } from '../../lab/services.ts';
import { parseOptions } from '../../server/options.ts';

let complaint = '';

beforeEach(() => {
  complaint = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    complaint += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

function refused(...args: string[]): string {
  const result = parseLabOptions(args);
  expect(result).toEqual({ ok: false, exitCode: 2 });
  return complaint;
}

describe('parseLabOptions', () => {
  it('gives a run a shell where its plant is in the guest, and refuses one that begins behind the end', () => {
    expect(parseLabOptions(['--plant', 'wait:1ms@2s'])).toMatchObject({ ok: true, options: { shell: true } });
    expect(refused('--plant', 'vnic:1ms@20s', '--duration', '20s')).toContain('plant earlier');
    expect(refused('--plant', 'wait:5ms@2s')).toContain('use --rate 60 or less');
  });

  it('takes 200 requests a second over eight connections to a virtio guest when told nothing', () => {
    const result = parseLabOptions([]);
    expect(result).toMatchObject({
      ok: true,
      options: {
        vms: [{ name: 'web1', nics: [{ model: 'virtio-net-pci', offloads: 'on' }] }],
        rate: 200,
        connections: 8,
        durationS: null,
        path: '/',
        accel: 'auto',
        port: 7117,
      },
    });
  });

  it('reads every flag of a measured run', () => {
    const words = '--nic e1000 --rate 50 --duration 2m --path /sleep/20 --connections per-request --accel tcg --json';
    expect(parseLabOptions([...words.split(' '), '--no-browser', '--port-http', '7200'])).toMatchObject({
      ok: true,
      options: {
        ...{
          vms: [{ nics: [{ model: 'e1000' }] }],
          rate: 50,
          durationS: 120,
          path: '/sleep/20',
          connections: null,
          accel: 'tcg',
        },
        ...{ json: true, browser: false, port: 7200 },
      },
    });
  });

  it('boots several guests with one card for all, or with one for each', () => {
    const models = (...args: string[]) => {
      const parsed = parseLabOptions(args);
      return parsed.ok ? parsed.options.vms.map(({ name, nics }) => `${name} ${nics[0]?.model}`) : parsed;
    };
    expect(models('--vms', '2')).toEqual(['vm0 virtio-net-pci', 'vm1 virtio-net-pci']);
    expect(models('--vms', '2', '--nic', 'virtio-net-pci,e1000')).toEqual(['vm0 virtio-net-pci', 'vm1 e1000']);
    expect(refused('--vms', '4')).toContain('expected a number from 1 to 3');
  });

  it('says what to add when there are more cards than guests', () => {
    expect(refused('--nic', 'virtio-net-pci,e1000')).toContain(
      '--nic names 2 cards for 1 guest: add --vms 2, or name one card',
    );
  });

  it('names the command and its help when a flag is not known', () => {
    expect(refused('--bogus')).toBe("hopscope up: unknown option '--bogus'\nSee: hopscope up --help\n");
  });

  it('boots Debian 12 with its own kernel unless told otherwise, and lists the kernels there are', () => {
    expect(parseLabOptions([])).toMatchObject({ ok: true, options: { kernel: '6.1', image: 'standard' } });
    expect(parseLabOptions(['--kernel', '5.10', '--image', 'bench'])).toMatchObject({
      ok: true,
      options: { kernel: '5.10', image: 'bench' },
    });
    expect(refused('--kernel', '4.19')).toContain('Allowed choices are 5.10, 6.1, 6.12');
  });

  it('lists the NICs there are when asked for another', () => {
    expect(refused('--nic', 'ne2k_pci')).toMatch(/virtio-net-pci, e1000, e1000e, rtl8139, pcnet, vmxnet3/);
  });

  it.each([
    ['--rate', '0'],
    ['--rate', 'fast'],
    ['--duration', '-5s'],
    ['--duration', '0s'],
    ['--path', 'no-slash'],
    ['--path', '/with space'],
    ['--connections', '1.5'],
    ['--port-http', '70000'],
    ['--accel', 'xen'],
  ])('refuses %s %s and names the flag', (flag, value) => {
    expect(refused(flag, value)).toContain(flag);
  });

  it('refuses a flag it does not know and suggests the nearest', () => {
    expect(refused('--durations', '5s')).toMatch(/Did you mean --duration/);
  });

  it('refuses words that are no flags', () => {
    expect(refused('virtio')).toMatch(/too many arguments/);
  });

  it('hands what is promised, and who is told, on to the server as the server takes it', () => {
    const words = '--objectives /o.yaml --notify http://a:1/x --notify http://b:2 --alertmanager http://am:9093';
    const result = parseLabOptions(words.split(' '));
    if (!result.ok) throw new Error(complaint);
    const server = parseOptions(promisedFlags(result.options));
    expect(server).toMatchObject({
      ok: true,
      options: {
        objectives: '/o.yaml',
        receivers: [{ url: 'http://a:1/x' }, { url: 'http://b:2/' }, { url: 'http://am:9093/api/v2/alerts' }],
      },
    });
    expect(refused('--notify', 'http://a:1/x')).toContain('add --objectives FILE');
  });
});
