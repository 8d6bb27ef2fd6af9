import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ExponentialHistogram } from '../../server/aggregate/histogram.ts';
import { classicBuckets } from '../../server/metrics-durations.ts';
import { MetricsText } from '../../server/metrics-text.ts';
import { FLAGS } from '../../server/wire/record.ts';
import { END_NS, exchange, exchanges, frame, hostNowNs, stats, VMS } from './exchanges.ts';
import { acked, attach, type Started, start } from './running-server.ts';

/** The real linter's complaints. */
function lint(text: string): string {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}` : `exit ${status}: ${stdout}${stderr}`;
}

const metricsOf = async (server: Started) => await (await fetch(`${server.url}/metrics`)).text();

async function busy(): Promise<Started> {
  const server = await start();
  const host = await attach(server, 'host');
  const guest = await attach(server, 'guest');
  host.peer.send(VMS);
  host.peer.send(stats({ drops: { 'ring.full': 3 }, vcpuDelay: { shop: 0.75 }, cpuPressure: 0.125 }));
  guest.peer.send(stats({ bpfNs: 2_000, bpfRecords: 1 }));
  guest.peer.send(stats({ bpfNs: 4_000, bpfRecords: 3, steal: 0.25, cpuPressure: 0.5 }));
  const facts = { retransmitsIn: 1, retransmitsOut: 2, zeroWindows: 3, synRetries: 4 };
  const records = exchanges(40, hostNowNs(), { host: facts });
  const stream = exchange(5_000, { atNs: hostNowNs(), host: { flags: FLAGS.upgraded } });
  records.host.push(stream.host);
  records.guest.push(stream.guest);
  host.peer.send(frame(1, records.host));
  guest.peer.send(frame(1, records.guest));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  return server;
}

describe('/metrics', () => {
  it('has nothing promtool complains about, idle or busy', async () => {
    expect(lint(await metricsOf(await start()))).toBe('');
    expect(lint(await metricsOf(await busy()))).toBe('');
  });

  it('is linted by a promtool that does complain', () => {
    expect(lint('# TYPE bad counter\nbad 1\n')).not.toBe('');
  });

  it('counts what happened', async () => {
    const text = await metricsOf(await busy());
    for (const line of [
      'hopscope_exchanges_total{kind="joined"} 41',
      'hopscope_exchanges_total{kind="complete"} 41',
      'hopscope_class_exchanges_total{vm="shop",class="request"} 40',
      'hopscope_class_exchanges_total{vm="shop",class="stream"} 1',
      'hopscope_tcp_retransmits_total{vm="shop",direction="in"} 40',
      'hopscope_tcp_retransmits_total{vm="shop",direction="out"} 80',
      'hopscope_tcp_zero_windows_total{vm="shop"} 120',
      'hopscope_tcp_syn_retries_total{vm="shop"} 160',
      'hopscope_guest_steal_ratio{agent="guest:web1"} 0.25',
      'hopscope_vcpu_delay_ratio{agent="host:hv1",vm="shop"} 0.75',
      'hopscope_cpu_pressure_ratio{agent="host:hv1"} 0.125',
      'hopscope_cpu_pressure_ratio{agent="guest:web1"} 0.5',
      'hopscope_faults_total{kind="continued_after_join"} 0',
      'hopscope_layer_part_duration_seconds_count{vm="shop",part="tcp.in.ip",of="tcp.in",place="guest"} 40',
      'hopscope_drops_total{queue="host.ring.full"} 3',
      'hopscope_drops_total{queue="live.skipped"} 0',
      'hopscope_unmatched_total{vantage="host"} 0',
      'hopscope_end_to_end_duration_seconds_count{vm="shop"} 40',
      'hopscope_layer_duration_seconds_count{vm="shop",layer="service",place="service"} 40',
      'hopscope_self_cost_request_seconds{vantage="guest"} 0.000001',
      'hopscope_agent_connected{agent="guest:web1"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    // A part beside its layer in one family would be counted twice in any sum.
    expect(text).not.toMatch(/^hopscope_layer_duration_seconds.*layer="tcp\.in\./m);
    expect(text).toMatch(/^hopscope_clock_bound_seconds\{guest="web1"\} 0\.0/m);
    const sum = Number(/end_to_end_duration_seconds_sum\{vm="shop"\} (.*)/.exec(text)?.[1]);
    expect(sum).toBeCloseTo((40 * END_NS) / 1e9, 12);
  });
});

describe('classicBuckets', () => {
  it('agrees with counting the values one by one', () => {
    const values = Array.from({ length: 3_000 }, (_, i) => Math.floor(1.011 ** i % 4e10)).concat([
      0,
      1024,
      1025,
      2 ** 34,
    ]);
    const histogram = new ExponentialHistogram();
    for (const value of values) histogram.record(value);
    const { bounds, cumulative, count, sum } = classicBuckets(histogram, {});
    expect(cumulative).toEqual(bounds.map((le) => values.filter((v) => v <= Math.round(le * 1e9)).length));
    expect(count).toBe(values.length);
    expect(sum).toBeCloseTo(values.reduce((a, b) => a + b, 0) / 1e9, 6);
  });
});

describe('MetricsText', () => {
  it('escapes what a label may hold', () => {
    const text = new MetricsText();
    text.family('x_total', 'counter', 'Help.', [{ labels: { name: 'a"b\\c\nd' }, value: 1 }]);
    expect(String(text)).toContain('x_total{name="a\\"b\\\\c\\nd"} 1');
    expect(lint(String(text))).toBe('');
  });
});
