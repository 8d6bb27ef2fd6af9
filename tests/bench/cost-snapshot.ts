/** The guest's own counters, read together by one small shell script. */
import type { CostLab } from './cost-lab.ts';

/** Cumulative since boot, or since the thing began. */
export interface Snapshot {
  /** Lines of Nginx's access log. */
  requests: number;
  /** Nginx's cgroup. */
  nginxUs: number;
  /** The whole guest, what it spent in interrupts too: all CPU time that was not idle. */
  busyUs: number;
  /** The guest's own clock. */
  uptimeMs: number;
  /** The kernel's run statistics of the observer's programs; they only run in {@link withStatistics}. */
  bpfNs: number;
  bpfRuns: number;
  /** Times that a ring, or perf buffer, woke its reader; counted only in {@link withStatistics}. */
  wakeUps: number;
  /** Times that the observer's main thread went to sleep: its turns, whatever woke it. */
  turns: number;
}

const CGROUP = '/sys/fs/cgroup/service';
/** /proc/stat counts in USER_HZ. */
const US_PER_TICK = 10_000;
const WAKERS = { ring: 'bpf_ringbuf_notify', perf: 'perf_event_wakeup' };

/** Puts Nginx, master and worker, into a cgroup that holds nothing else. */
export async function isolateNginx(lab: CostLab): Promise<void> {
  await lab.guest(`
    mkdir -p ${CGROUP}
    for pid in $(pidof nginx); do echo $pid > ${CGROUP}/cgroup.procs; done
    [ "$(wc -l < ${CGROUP}/cgroup.procs)" -ge 2 ]`);
}

/** @param observer process id of whoever holds the BPF programs; 0 for none */
export async function snapshot(lab: CostLab, observer: number): Promise<Snapshot> {
  const text = await lab.guest(`
    programs=$(cat /proc/${observer}/fdinfo/* 2>/dev/null | awk '
      /^prog_id/ { id = $2 } /^run_time_ns/ { ns[id] = $2 } /^run_cnt/ { runs[id] = $2 }
      END { for (id in ns) { n += ns[id]; r += runs[id] } printf "%.0f %.0f", n, r }')
    woken=$(awk '{ n += $2 } END { print n + 0 }' /sys/kernel/tracing/kprobe_profile)
    turns=$(sed -n 's/^voluntary_ctxt_switches:\t//p' /proc/${observer}/status 2>/dev/null)
    read -r uptime idle < /proc/uptime
    read -r usage nginx < ${CGROUP}/cpu.stat
    read -r cpu user nice system idle iowait irq softirq steal rest < /proc/stat
    echo "$(wc -l < /run/hopscope/access.log) $nginx $((user + nice + system + irq + softirq)) $uptime $programs $woken ${'$'}{turns:-0}"`);
  const [requests, nginxUs, ticks, uptimeS, bpfNs, bpfRuns, wakeUps, turns] = text.trim().split(' ').map(Number);
  return {
    requests: requests!,
    nginxUs: nginxUs!,
    busyUs: ticks! * US_PER_TICK,
    uptimeMs: uptimeS! * 1000,
    bpfNs: bpfNs!,
    bpfRuns: bpfRuns!,
    wakeUps: wakeUps!,
    turns: turns!,
  };
}

export function difference(before: Snapshot, after: Snapshot): Snapshot {
  const entries = Object.entries(after).map(([key, value]) => [key, value - before[key as keyof Snapshot]]);
  return Object.fromEntries(entries) as unknown as Snapshot;
}

/** Runs `work` with the kernel's run statistics and wake-up counters on: apart, because they cost time themselves. */
export async function withStatistics<T>(lab: CostLab, work: () => Promise<T>): Promise<T> {
  const events = Object.entries(WAKERS);
  const make = events.map(([name, at]) => `echo 'p:cost/${name} ${at}' >> kprobe_events`).join('; ');
  const [on, off] = [1, 0].map(
    (value) => `echo ${value} > events/cost/enable; sysctl -q -w kernel.bpf_stats_enabled=${value}`,
  );
  await lab.guest(`cd /sys/kernel/tracing && ${make}; ${on}`);
  try {
    return await work();
  } finally {
    await lab.guest(`cd /sys/kernel/tracing; ${off}; echo > kprobe_events`);
  }
}
