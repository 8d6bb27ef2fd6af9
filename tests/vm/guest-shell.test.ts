import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInGuest } from '../../lab/guest-shell.ts';
import { LabRun } from './lab-run.ts';

describe('a shell in a real guest', () => {
  let run: LabRun;

  beforeAll(async () => {
    run = await LabRun.start('--rate', '5', '--shell');
    await run.joined(1);
  }, 120_000);

  afterAll(() => run.stop());

  it('gives what a script prints on both outputs, and its exit code', async () => {
    const script = "echo out; echo 'an apostrophe'\\''s \"quotes\" $HOME' >&2; exit 7";
    expect(await run.guest(script)).toEqual({ code: 7, stdout: 'out\nan apostrophe\'s "quotes" $HOME\n' });
  });

  it('runs scripts side by side, each with its own end', async () => {
    const waiting = run.guest('mkfifo /tmp/gate; cat /tmp/gate; exit 3');
    const opening = run.guest('until [ -p /tmp/gate ]; do :; done; echo open > /tmp/gate; rm /tmp/gate');
    expect(await opening).toEqual({ code: 0, stdout: '' });
    expect(await waiting).toEqual({ code: 3, stdout: 'open\n' });
  });

  it('hands over half a megabyte unharmed', async () => {
    const { code, stdout } = await run.guest('seq 1 100000');
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, -1).map(Number)).toEqual(Array.from({ length: 100_000 }, (_, at) => at + 1));
  });

  it('ends with the script although a process it left still holds the output', async () => {
    const { code, stdout } = await run.guest('sleep 1000 & echo $!');
    expect(code).toBe(0);
    expect((await run.guest(`kill ${stdout.trim()}`)).code).toBe(0);
  });

  it('rejects a script that does not end in time', async () => {
    await expect(run.guest('sleep 1000', 500)).rejects.toThrow('did not end a script within 0.5 s:\nsleep 1000');
  });

  it('says so when there is no shell', async () => {
    await expect(runInGuest(run.clientNamespace, 'true')).rejects.toThrow('start the run with --shell');
  });

  it('finds the modules for planted faults', async () => {
    const modules = 'sch_netem sch_tbf sch_htb ifb 8021q act_mirred cls_matchall';
    const script = `for each in ${modules}; do modprobe $each || exit 1; done; cut -d ' ' -f 1 /proc/modules`;
    const { code, stdout } = await run.guest(script);
    expect(code, stdout).toBe(0);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(modules.split(' ')));
  });

  it('captures its own traffic', async () => {
    const { code, stdout } = await run.guest(
      'tcpdump -ni eth0 -c 3 -w /tmp/own.pcap tcp port 80 && tcpdump -nr /tmp/own.pcap',
    );
    expect(code, stdout).toBe(0);
    expect(stdout.match(/ IP 10\.77\.0\.1/g)?.length).toBe(3);
  });
});
