/** What is wrong, or that nothing is, in a few lines. */
import { duration } from '../compare/sentence.ts';
import type { AgentView } from '../wire/machine-views.ts';
import type { Health } from '../wire/views.ts';
import type { Style } from './style.ts';

export function healthLines(health: Health, style: Style): string[] {
  return [
    agentsLine(health, style),
    lossLine(health, style),
    clockLine(health),
    costLine(health),
    ...alertLine(health, style),
  ];
}

function agentsLine({ agents }: Health, { alarm }: Style): string {
  if (agents.length === 0) return 'agents   none';
  const one = (agent: AgentView) => {
    const missing = agent.stations.filter(({ probe }) => probe === null).length;
    const state = agent.connected ? (missing === 0 ? 'ok' : `${missing} stations missing`) : 'GONE';
    const text = `${agent.role} ${agent.hostname} ${state}`;
    return state === 'ok' ? text : alarm(text);
  };
  return `agents   ${agents.map(one).join(', ')}`;
}

function lossLine({ drops, unmatched, faults }: Health, { alarm }: Style): string {
  const lost = Object.entries(drops).filter(([, count]) => count > 0);
  const told = lost.length === 0 ? 'nothing lost' : alarm(`LOST ${lost.map(([name, n]) => `${name} ${n}`).join(', ')}`);
  return `records  ${told}; unmatched host ${unmatched.host}, guest ${unmatched.guest}; negative ${faults.negative}`;
}

function clockLine({ clock, liveDelayMs }: Health): string {
  const bound = clock.boundNs === null ? 'no bound yet' : `± ${duration(clock.boundNs)}`;
  const delay = liveDelayMs === null ? '' : `; shown ${(liveDelayMs / 1000).toFixed(1)} s after the response`;
  return `clock    ${clock.method}, ${bound}${delay}`;
}

function costLine({ selfCost: { hostNsPerRequest, guestNsPerRequest } }: Health): string {
  const cost = (ns: number | null) => (ns === null ? 'not known' : duration(ns));
  return `our cost host ${cost(hostNsPerRequest)}, guest ${cost(guestNsPerRequest)} a request`;
}

/** Only while somebody who is to be told is not. */
function alertLine({ notify = [] }: Health, { alarm }: Style): string[] {
  const failing = notify.filter(({ fault }) => fault !== null);
  const each = failing.map(({ kind, to, fault }) => `${kind} ${to}: ${fault}`);
  return failing.length === 0 ? [] : [`alerts   ${alarm(`NOT TOLD ${each.join(', ')}`)}`];
}
