import type { AgentView } from '../../server/wire/machine-views.ts';
import type { Health } from '../../server/wire/views.ts';
import { type Finding, findings } from '../findings.ts';
import { formatAge, formatBytes, formatCount, formatDate, formatDuration, join, share } from '../format.ts';
import { queueOf } from '../queues.ts';
import { connection, fault, type Live, live } from '../state.ts';
import { Banner } from './banner.tsx';
import { ClockPanel } from './clock-panel.tsx';
import { NotifyPanel } from './notify-panel.tsx';
import { Panel, Table } from './panel-table.tsx';
import { SiteHeader } from './site-header.tsx';
import './health-page.css';

/** Agents, stations, queues, clock and cost, and before all of it what needs doing. */
export function HealthPage() {
  return (
    <>
      <SiteHeader at="/health" />
      <Banner />
      <main class="page health">
        {live.value !== null && <Panels live={live.value} />}
        {live.value === null && fault.value === null && <p class="fine">Asking the server …</p>}
      </main>
    </>
  );
}

function Panels({ live: now }: { live: Live }) {
  const { health, run, nowMs } = now;
  const isRecording = run.recordedMs !== null;
  return (
    <>
      <Findings all={findings({ health, exchanges: run.exchanges, nowMs, isRecording })} />
      {!isRecording && <Agents agents={health.agents} />}
      {!isRecording && <Stations agents={health.agents} />}
      <Queues health={health} />
      <Cost health={health} />
      {!isRecording && <NotifyPanel all={health.notify ?? []} nowMs={nowMs} />}
      <ClockPanel />
      <Gaps health={health} nowMs={nowMs} />
    </>
  );
}

function Findings({ all }: { all: Finding[] }) {
  return (
    <Panel id="findings" title="What needs doing" about="worst first">
      {all.length === 0 && (
        <p class="ok">
          <span aria-hidden="true">✓</span> Nothing: every number on the other pages is as good as its bound.
        </p>
      )}
      <ul class="findings">
        {all.map(({ tone, what, means, remedy }) => (
          <li key={what} data-tone={tone}>
            <b class={tone}>
              <span aria-hidden="true">{tone === 'bad' ? '✕' : '▲'}</span> {what}
            </b>
            <span>{means}</span>
            <span class="remedy">{remedy}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const AGENT_HEAD = ['Agent', 'State', 'Version', 'Kernel', 'NIC', 'Hypervisor', 'Memory', 'CPU', 'Steal'];

function Agents({ agents }: { agents: AgentView[] }) {
  return (
    <Panel id="agents" title="Agents" about="who looks; CPU of one core">
      <Table label="Agents" head={AGENT_HEAD} texts={6}>
        {agents.map((agent) => (
          <AgentRow key={agent.id} agent={agent} />
        ))}
      </Table>
    </Panel>
  );
}

function AgentRow({ agent }: { agent: AgentView }) {
  const { role, hostname, connected, version, provenance, rssBytes, cpuShare, steal } = agent;
  return (
    <tr data-agent={agent.id}>
      <th scope="row">
        {role} {hostname}
      </th>
      <td class={`text ${connected ? 'ok' : 'bad'}`}>{connected ? '✓ connected' : '✕ away'}</td>
      <td class="text">{version}</td>
      <td class="text">{provenance.kernel}</td>
      <td class="text">{[provenance.nicModel, provenance.driver].filter(Boolean).join(' ')}</td>
      <td class="text">{[provenance.hypervisor, provenance.accelerator].filter(Boolean).join(', ') || '–'}</td>
      <td>{formatBytes(rssBytes)}</td>
      <td>{join(share(cpuShare))}</td>
      <td>{role === 'guest' ? join(share(steal)) : '–'}</td>
    </tr>
  );
}

/** One line per station and machine: guests may differ. */
function Stations({ agents }: { agents: AgentView[] }) {
  const rows = agents.flatMap((agent) => agent.stations.map((station) => ({ agent, ...station })));
  return (
    <Panel id="stations" title="Stations" about="where a segment gets its timestamp, and by which probe">
      <Table label="Stations" head={['Station', 'Machine', 'Probe', 'Why not a better one']} texts={4}>
        {rows.map(({ agent, station, probe, reason }) => (
          <tr key={`${agent.id} ${station}`} data-station={station}>
            <th scope="row">{station}</th>
            <td class="text">
              {agent.role} {agent.hostname}
            </td>
            <td class={`text ${probe === null ? 'warn' : ''}`}>{probe ?? '▲ missing'}</td>
            <td class="text wrap">{reason || (probe === null ? 'no reason given' : 'it is the best one')}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function Queues({ health }: { health: Health }) {
  const drops = { ...health.drops, 'page.malformed': connection.value.malformed };
  return (
    <Panel id="queues" title="Queues" about="everything that can lose, and what it lost since its start">
      <Table label="Queues" head={['Queue', 'Lost', 'What waits in it']} texts={1} lastText>
        {Object.entries(drops).map(([name, count]) => (
          <tr key={name} data-queue={name}>
            <th scope="row">{name}</th>
            <td class={count > 0 ? 'bad' : ''}>{count > 0 ? `✕ ${formatCount(count)}` : '0'}</td>
            <td class="text wrap">{queueOf(name).holds}</td>
          </tr>
        ))}
      </Table>
      <details>
        <summary>Counted beside, not lost</summary>
        <dl class="counters">
          {Object.entries(health.counters).map(([name, count]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{formatCount(count)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Panel>
  );
}

function Cost({ health: { selfCost, liveDelayMs, version } }: { health: Health }) {
  const facts: [string, string, string][] = [
    ['Guest', formatDuration(selfCost.guestNsPerRequest), 'our BPF programs in the guest, per request'],
    ['Host', formatDuration(selfCost.hostNsPerRequest), 'our BPF programs on the host, per request'],
    ['Agents', join(share(selfCost.agentCpu)), 'CPU of all agents together, of one core'],
    ['Live delay', formatDuration(liveDelayMs === null ? null : liveDelayMs * 1e6), 'response sent to shown, p99'],
    ['Server', version, 'version of its program'],
  ];
  return (
    <Panel id="cost" title="Cost and delay" about="what looking takes, by the kernel’s own count">
      <dl class="facts">
        {facts.map(([name, value, title]) => (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Gaps({ health: { gaps }, nowMs }: { health: Health; nowMs: number }) {
  return (
    <Panel id="gaps" title="Gaps" about="stretches in which an agent was not connected">
      {gaps.length === 0 && <p class="fine">None in this run.</p>}
      {gaps.length > 0 && (
        <Table label="Gaps" head={['Agent', 'From', 'For']} texts={2}>
          {gaps.toReversed().map(({ agent, fromMs, toMs }) => (
            <tr key={`${agent} ${fromMs}`}>
              <th scope="row">{agent}</th>
              <td class="text">{formatDate(fromMs)}</td>
              <td class={toMs === null ? 'bad' : ''}>
                {formatAge((toMs ?? nowMs) - fromMs)}
                {toMs === null && ', lasting'}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}
