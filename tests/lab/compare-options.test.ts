import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCompareOptions } from '../../lab/compare-options.ts';

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
  expect(parseCompareOptions(args)).toEqual({ ok: false, exitCode: 2 });
  return complaint;
}

describe('parseCompareOptions', () => {
  it('drives six rounds of ten seconds at 100 a second when told nothing but the NICs', () => {
    expect(parseCompareOptions(['virtio-net-pci', 'e1000'])).toEqual({
      ok: true,
      options: {
        ...{
          nics: ['virtio-net-pci', 'e1000'],
          offloads: ['on'],
          vcpus: [1],
          kernels: ['6.1'],
          accels: ['auto'],
          rounds: 6,
          blockS: 10,
          warmUpS: 2,
          rate: 100,
          path: '/',
          seed: 1,
        },
        ...{ port: 7117, json: false, artifacts: null, compareFlags: ['--seed', '1'] },
      },
    });
  });

  it('takes a NIC twice, to compare it with itself', () => {
    expect(parseCompareOptions(['e1000', 'e1000'])).toMatchObject({ ok: true, options: { nics: ['e1000', 'e1000'] } });
  });

  it('takes one NIC where its offloads are compared', () => {
    const parsed = parseCompareOptions(['e1000', '--offloads', 'on,off']);
    expect(parsed).toMatchObject({ ok: true, options: { nics: ['e1000'], offloads: ['on', 'off'] } });
  });

  it.each([
    [['--vcpus', '1,2'], { vcpus: [1, 2] }],
    [['--vcpus', '4,4'], { vcpus: [4, 4] }],
    [['--kernel', '6.1,6.12,5.10'], { kernels: ['6.1', '6.12', '5.10'] }],
    [['--accel', 'tcg,kvm'], { accels: ['tcg', 'kvm'] }],
    [['e1000', '--vcpus', '1,2', '--kernel', '6.12', '--accel', 'tcg'], { kernels: ['6.12'], accels: ['tcg'] }],
  ])('takes %j with one NIC or without, to boot a guest for each value', (args, axes) => {
    const nics = args[0] === 'e1000' ? ['e1000'] : ['virtio-net-pci'];
    expect(parseCompareOptions(args)).toMatchObject({ ok: true, options: { nics, offloads: ['on'], ...axes } });
  });

  it('takes one value of each for all NICs', () => {
    const parsed = parseCompareOptions('e1000 pcnet --vcpus 2 --kernel 5.10 --accel tcg'.split(' '));
    expect(parsed).toMatchObject({ ok: true, options: { vcpus: [2], kernels: ['5.10'], accels: ['tcg'] } });
  });

  it('hands what is for the comparison on', () => {
    const words = 'virtio-net-pci e1000 --json --force --seed 7 --layer vnic.* --layer wait --fail-on p99>+5%'.split(
      ' ',
    );
    const parsed = parseCompareOptions(words);
    expect(parsed.ok && parsed.options.compareFlags).toEqual(
      '--json --force --seed 7 --fail-on p99>+5% --layer vnic.* --layer wait'.split(' '),
    );
  });

  it.each([
    [['e1000'], 'two NICs at least'],
    [[], 'two NICs at least, or two values of --offloads, --vcpus, --kernel or --accel'],
    [['--vcpus', '2'], 'two NICs at least, or two values'],
    [['--vcpus', '1,2', '--kernel', '6.1,6.12'], '--vcpus and --kernel have several values each'],
    [['e1000', 'pcnet', '--accel', 'tcg,kvm'], 'NICs and --accel have several values each'],
    [['--kernel', '6.1,5.10', '--offloads', 'on,off'], '--offloads and --kernel have several values each'],
    [['--vcpus', '0,1'], 'from 1 to 16'],
    [['--vcpus', '1,'], 'expected a whole number'],
    [['--kernel', '6.1,4.19'], 'no "4.19" here. There are: 5.10, 6.1, 6.12'],
    [['--accel', 'tcg,xen'], 'no "xen" here. There are: kvm, tcg'],
    [['--vcpus', '1,2,3,4'], 'at most 3 guests'],
    [['virtio-net-pci', 'ne2k_pci'], 'There are: virtio-net-pci'],
    [Array(7).fill('e1000'), 'at most 6'],
    [['e1000', 'pcnet', 'e1000e', 'vmxnet3', '--offloads', 'on,off'], 'at most 6'],
    [['e1000', '--offloads', 'on,none'], 'expected on, off'],
    [['e1000', 'pcnet', '--rounds', '0'], '--rounds'],
    [['e1000', 'pcnet', '--rounds', '2.5'], '--rounds'],
    [['e1000', 'pcnet', 'vmxnet3', '--rounds', '100'], 'more than 240 blocks'],
    [['e1000', 'pcnet', '--warm-up', 'none'], '--warm-up'],
    [['e1000', 'pcnet', '--seed', '-1'], '--seed'],
    [['e1000', 'pcnet', '--duration', '5s'], "unknown option '--duration'"],
  ])('refuses %j and says why', (args, why) => {
    const said = refused(...args);
    expect(said).toContain(why);
    expect(said).toMatch(/^hopscope lab compare: .*See: hopscope lab compare --help\n$/s);
  });
});
