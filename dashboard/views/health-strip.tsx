import type { ComponentChildren } from 'preact';
import type { AgentView } from '../../server/wire/machine-views.ts';
import type { NotifyView } from '../../server/wire/slo-views.ts';
import { STATIONS } from '../../server/wire/stations.ts';
import type { Gap, Health } from '../../server/wire/views.ts';
import { breaches, episodeAddress } from '../breaches.ts';
import { duration, formatAge, formatBytes, formatCount, formatDuration, formatTime, join, share } from '../format.ts';
import { missingStations } from '../layer-facts.ts';
import { connection, type Live } from '../state.ts';
import './health-strip.css';

/** Whether the numbers can be trusted, at a glance; each cell opens to its particulars. */
export function HealthStrip({ live: { health, nowMs, run } }: { live: Live }) {
  return (
    <section class="strip" aria-label="Health of the measurement" id="health">
      <Breaches />
      <Untold all={health.notify ?? []} />
      <Drops health={health} />
      <Unmatched unmatched={health.unmatched} exchanges={run.exchanges} />
      <Faults health={health} />
      <Clock clock={health.clock} />
      <SelfCost cost={health.selfCost} />
      {run.recordedMs === null && <Agents agents={health.agents} />}
      {run.recordedMs === null && <Stations health={health} />}
      <Gaps gaps={health.gaps} nowMs={nowMs} />
      <Cell name="Live delay" tone={(health.liveDelayMs ?? 0) > 1000 ? 'warn' : 'ok'} value={delay(health.liveDelayMs)}>
        <p>From the response at the host NIC to this stream, p99 of the last seconds.</p>
      </Cell>
    </section>
  );
}

type Tone = 'ok' | 'warn' | 'bad';
const ICONS: Record<Tone, string> = { ok: '✓', warn: '▲', bad: '✕' };

interface CellProps {
  name: string;
  tone: Tone;
  value: ComponentChildren;
  children: ComponentChildren;
}

function Cell({ name, tone, value, children }: CellProps) {
  return (
    <details class="cell" name="health">
      <summary>
        <span class="fine">{name}</span>
        <span class={`reading ${tone}`}>
          <span class="icon" aria-hidden="true">
            {ICONS[tone]}
          </span>{' '}
          {value}
        </span>
      </summary>
      <div class="more">{children}</div>
    </details>
  );
}

function Listed({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Not of the measurement, but of what is measured: before all else, while there is one. */
function Breaches() {
  const open = breaches.value;
  if (open.length === 0) return null;
  return (
    <Cell name="Objectives" tone="bad" value={`${open.length} breached`}>
      <p>Budgets that burn too fast now; each leads to whose fault it is.</p>
      <Listed
        rows={open.map(({ id, objective, rules, fromMs }) => [
          objective,
          <a key={id} href={episodeAddress(id)}>
            {rules.map(({ rule }) => rule).join(', ')}, since {formatTime(fromMs)}
          </a>,
        ])}
      />
    </Cell>
  );
}

/** While somebody who is to be told of alerts is not. */
function Untold({ all }: { all: readonly NotifyView[] }) {
  const failing = all.filter(({ fault }) => fault !== null);
  if (failing.length === 0) return null;
  return (
    <Cell name="Alerts" tone="bad" value={`${failing.length} of ${all.length} not told`}>
      <p>
        Who is to be told of alerts and is not. <a href="/health#findings">What to do about it</a>
      </p>
      <Listed rows={failing.map(({ kind, to, fault }) => [`${kind} ${to}`, fault])} />
    </Cell>
  );
}

function Drops({ health }: { health: Health }) {
  const drops = { ...health.drops, 'page.malformed': connection.value.malformed };
  const sum = Object.values(drops).reduce((a, b) => a + b, 0);
  const rows = Object.entries(drops).map(([name, n]): [string, string] => [name, formatCount(n)]);
  const counters = Object.entries(health.counters).map(([name, n]): [string, string] => [name, formatCount(n)]);
  return (
    <Cell name="Dropped" tone={sum > 0 ? 'bad' : 'ok'} value={sum > 0 ? `${formatCount(sum)} lost` : '0'}>
      <p>Every queue that can drop, records since its start.</p>
      <Listed rows={rows} />
      {counters.length > 0 && <p>Also counted, not lost:</p>}
      <Listed rows={counters} />
    </Cell>
  );
}

/** A few at the start and the end of every connection are normal: one in a thousand is not. */
const UNMATCHED_SHARE = 0.001;

function Unmatched({ unmatched: { host, guest }, exchanges }: { unmatched: Health['unmatched']; exchanges: number }) {
  const many = host + guest > UNMATCHED_SHARE * exchanges;
  return (
    <Cell name="Unmatched" tone={many ? 'warn' : 'ok'} value={`host ${formatCount(host)}, guest ${formatCount(guest)}`}>
      <p>Records of one vantage that found no partner at the other in time; marked from one in a thousand on.</p>
    </Cell>
  );
}

function Faults({ health }: { health: Health }) {
  const { negative, clockSteps, continuedAfterJoin } = health.faults;
  const all = negative + clockSteps + continuedAfterJoin;
  return (
    <Cell name="Faults" tone={all > 0 ? 'warn' : 'ok'} value={formatCount(all)}>
      <p>Counted and not plotted.</p>
      <Listed
        rows={[
          ['negative layers', formatCount(negative)],
          ['clock steps', formatCount(clockSteps)],
          ['responses that went on after they were told', formatCount(continuedAfterJoin)],
        ]}
      />
    </Cell>
  );
}

function Clock({ clock }: { clock: Health['clock'] }) {
  const known = clock.boundNs !== null;
  return (
    <Cell
      name="Clock"
      tone={known ? 'ok' : 'warn'}
      value={known ? `${clock.method} ± ${formatDuration(clock.boundNs)}` : clock.windows > 0 ? 'none now' : 'none yet'}
    >
      <p>
        How guest time is put on the host's timeline, and its proven error. <a href="#clock">More about the clock</a>
      </p>
      <Listed
        rows={[
          ['offset', formatDuration(clock.offsetNs)],
          ['rate', clock.ratePpm === null ? '–' : `${clock.ratePpm.toFixed(2)}\u00a0ppm`],
        ]}
      />
    </Cell>
  );
}

function SelfCost({ cost }: { cost: Health['selfCost'] }) {
  const { guestNsPerRequest, hostNsPerRequest, agentCpu } = cost;
  const cpu = join(share(agentCpu));
  return (
    <Cell
      name="Self-cost per request"
      tone="ok"
      value={`guest ${formatDuration(guestNsPerRequest)}, host ${formatDuration(hostNsPerRequest)}, CPU ${cpu}`}
    >
      <p>What looking costs: our BPF programs per request, and the agents' share of one core.</p>
    </Cell>
  );
}

function delay(ms: number | null): string {
  return join(duration(ms === null ? null : ms * 1e6));
}

function Agents({ agents }: { agents: AgentView[] }) {
  const away = agents.filter((a) => !a.connected).length;
  const roles = (['host', 'guest'] as const).filter((role) => agents.some((a) => a.role === role && a.connected));
  const tone = roles.length < 2 || away > 0 ? 'bad' : 'ok';
  const text =
    tone === 'ok' ? `${agents.length} connected` : `${agents.length - away} connected, ${absence(agents, away)}`;
  return (
    <Cell name="Agents" tone={tone} value={text}>
      <Listed
        rows={agents.map((agent) => [`${agent.role} ${agent.hostname}`, <Agent key={agent.id} agent={agent} />])}
      />
    </Cell>
  );
}

function absence(agents: AgentView[], away: number): string {
  if (away > 0) return `${away} away`;
  return `no ${agents.some((a) => a.role === 'host') ? 'guest' : 'host'} agent`;
}

function Agent({ agent: { connected, provenance, rssBytes, cpuShare, steal } }: { agent: AgentView }) {
  return (
    <>
      {!connected && <span class="bad">✕ away · </span>}
      {provenance.kernel} · {provenance.driver} · {formatBytes(rssBytes)} · CPU {join(share(cpuShare))} · steal{' '}
      {join(share(steal))}
    </>
  );
}

function Stations({ health }: { health: Health }) {
  const missing = missingStations(health.agents);
  const served = STATIONS.filter((s) => health.agents.some((a) => a.stations.some((p) => p.station === s && p.probe)));
  const probes = health.agents.flatMap((a) => a.stations.filter((s) => s.probe !== null));
  const tone = served.length < STATIONS.length ? 'warn' : 'ok';
  const names = missing.length > 0 ? `, no ${missing.map((m) => m.station).join(', ')}` : '';
  return (
    <Cell name="Stations" tone={tone} value={`${served.length} of ${STATIONS.length}${names}`}>
      <Listed rows={missing.map((m) => [m.station, <span key={m.station}>missing: {m.reason}</span>])} />
      <Listed rows={probes.map((p) => [p.station, [p.probe, p.reason].filter(Boolean).join(' · ')])} />
    </Cell>
  );
}

function Gaps({ gaps, nowMs }: { gaps: Gap[]; nowMs: number }) {
  const open = gaps.filter((g) => g.toMs === null);
  const total = gaps.reduce((sum, g) => sum + (g.toMs ?? nowMs) - g.fromMs, 0);
  const text = gaps.length === 0 ? '0' : `${gaps.length}, ${formatAge(total)}${open.length > 0 ? ', lasting' : ''}`;
  return (
    <Cell name="Gaps" tone={open.length > 0 ? 'bad' : gaps.length > 0 ? 'warn' : 'ok'} value={text}>
      <p>Stretches in which an agent was not connected.</p>
      <Listed
        rows={gaps.map((g) => [
          g.agent,
          `${formatTime(g.fromMs)} to ${g.toMs === null ? 'now' : formatTime(g.toMs)}, ${formatAge((g.toMs ?? nowMs) - g.fromMs)}`,
        ])}
      />
    </Cell>
  );
}
