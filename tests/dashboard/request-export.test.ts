import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { exchangesCsv, tcpdumpFilter, traceAddress, waterfallCsv } from '../../dashboard/request-export.ts';
import { onePath } from './one-path.ts';

const hasTcpdump = spawnSync('tcpdump', ['--version']).error === undefined;

describe('exchanges as CSV', () => {
  it('have a row each, every column named, text quoted as RFC 4180 has it', () => {
    const [head, row, end] = exchangesCsv([onePath()]).split('\r\n') as [string, string, string];
    expect(end).toBe('');
    expect(head.split(',').slice(-3)).toEqual(['service_upstream_ns', 'tcp_out_tcp_ns', 'tcp_out_ip_ns']);
    expect(
      row.startsWith('r1.7,2026-01-02T03:04:05.678Z,web1,10.0.0.1,40000,10.0.0.2,80,GET,"/a?b=""c"",d",200,'),
    ).toBe(true);
    expect(row.split(',').length).toBe(head.split(',').length + 1);
  });
});

describe('a waterfall as CSV', () => {
  it('has what is not known as empty cells', () => {
    const rows = waterfallCsv(onePath(['sock.ready']), null).split('\r\n');
    expect(rows[0]).toBe('layer,part_of,begins_ns,ns,bound_ns,run_median_ns,more_ns');
    expect(rows).toContain('wait,,,,0,,');
    expect(rows).toContain('vnic.in,,2000,1000,250,,');
  });
});

describe('a filter for tcpdump', () => {
  const v6 = { client: { address: '2001:db8::7', port: 5 }, server: { address: '::1', port: 443 } };

  it('wants both directions of this connection', () => {
    expect(tcpdumpFilter(onePath())).toBe(
      'tcp and ((src host 10.0.0.1 and src port 40000 and dst host 10.0.0.2 and dst port 80)' +
        ' or (src host 10.0.0.2 and src port 80 and dst host 10.0.0.1 and dst port 40000))',
    );
  });

  it.skipIf(!hasTcpdump).each([onePath(), v6])('is one that tcpdump takes', (path) => {
    const { status, stderr } = spawnSync('tcpdump', ['-d', '-y', 'EN10MB', tcpdumpFilter(path)], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('error')]);
  });
});

describe('the address of a trace', () => {
  it('has its words filled in, a second to either side, and nothing that breaks out of it', () => {
    const path = { ...onePath(), vm: 'a&b' };
    expect(traceAddress('https://t/{run}?vm={vm}&c={client}:{clientPort}&f={fromMs}&t={toMs}', path)).toBe(
      `https://t/r1?vm=a%26b&c=10.0.0.1:40000&f=${path.atMs - 1000}&t=${path.atMs + 1001}`,
    );
  });
});
