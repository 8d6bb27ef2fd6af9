/** What is wrong with the measurement, worst first, and what to do about it. Pure. */
import type { AgentView } from '../server/wire/machine-views.ts';
import type { Health } from '../server/wire/views.ts';
import { counted, formatAge, formatCount, formatDuration } from './format.ts';
import { missingStations } from './layer-facts.ts';
import { queueOf } from './queues.ts';

export interface Finding {
  tone: 'bad' | 'warn';
  what: string;
  /** What the numbers lack by it. */
  means: string;
  remedy: string;
}

export interface Measured {
  health: Health;
  /** Exchanges of the run. */
  exchanges: number;
  nowMs: number;
  /** No agent is there, and none is missing. */
  isRecording: boolean;
}

/** A few at the start and the end of every connection are normal: one in a thousand is not. */
const UNMATCHED_SHARE = 0.001;
const SLOW_MS = 1_000;
/** More of a core than looking is worth. */
const DEAR_CPU = 0.5;

export function findings(measured: Measured): Finding[] {
  const all = [
    ...(measured.isRecording ? [] : [...absentAgents(measured), ...mixedVersions(measured), ...lostStations(measured)]),
    ...losses(measured),
    ...untold(measured),
    ...unmatched(measured),
    ...clockTrouble(measured),
    ...slowness(measured),
  ];
  return all.sort((a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad'));
}

function absentAgents({ health: { agents, gaps }, nowMs }: Measured): Finding[] {
  const roles = (['host', 'guest'] as const).filter((role) => !agents.some((agent) => agent.role === role));
  const never = roles.map(
    (role): Finding => ({
      tone: 'bad',
      what: `no ${role} agent`,
      means: `nothing that a ${role}’s clock tells is measured, and no request is joined`,
      remedy: `on the ${role}: hopscope agent --role ${role} --server ${serverUrl()} --token-file FILE`,
    }),
  );
  const away = agents
    .filter((agent) => !agent.connected)
    .map((agent): Finding => {
      const gap = gaps.findLast((each) => each.agent === `${agent.role}:${agent.hostname}` && each.toMs === null);
      const since = gap === undefined ? '' : ` for ${formatAge(nowMs - gap.fromMs)}`;
      return {
        tone: 'bad',
        what: `the ${agent.role} agent of ${agent.hostname} is away${since}`,
        means: 'its requests are not shown now; it keeps them, as far as its buffer goes',
        remedy: 'look at its log there; if it runs, at the way from it to this server',
      };
    });
  return [...never, ...away];
}

function serverUrl(): string {
  return typeof location === 'undefined' ? 'URL' : `${location.origin.replace(/^http/, 'ws')}/agent`;
}

function mixedVersions({ health }: Measured): Finding[] {
  const others = health.agents.filter(({ version }) => version !== health.version && version !== 'source');
  return others.map((agent: AgentView) => ({
    tone: 'warn',
    what: `the ${agent.role} agent of ${agent.hostname} is version ${agent.version}, this server ${health.version}`,
    means: 'both speak the same protocol, but were never tested together',
    remedy: 'update the older of the two',
  }));
}

function lostStations({ health }: Measured): Finding[] {
  return missingStations(health.agents).map(({ station, vantage, reason }) => ({
    tone: 'warn',
    what: `station ${station} is missing on the ${vantage}`,
    means: 'the layers that begin or end there are not measured, and never guessed',
    remedy: `the kernel’s reason: ${reason}`,
  }));
}

function losses({ health: { drops } }: Measured): Finding[] {
  const lossy = Object.entries(drops).filter(([, count]) => count > 0);
  return lossy.map(([name, count]) => ({
    tone: name === 'live.skipped' ? 'warn' : 'bad',
    what: `${formatCount(count)} lost in ${name}`,
    means: `full or broken: ${queueOf(name).holds}`,
    remedy: queueOf(name).remedy,
  }));
}

/** As server/notify/post.ts has it: these may be taken later. */
const AGAIN = /^status (408|425|429|5\d\d)/;

function untold({ health: { notify = [] }, nowMs }: Measured): Finding[] {
  return notify.flatMap((one): Finding[] => {
    const who = `the ${one.kind} ${one.to}`;
    if (one.fault === null) {
      return one.refused === 0
        ? []
        : [{ ...REFUSED, tone: 'warn', what: `${who} refused ${formatCount(one.refused)} notices` }];
    }
    const since = one.failingSinceMs === null ? '' : ` for ${formatAge(nowMs - one.failingSinceMs)}`;
    const what = `${who} is not told of alerts${since}: ${one.fault}`;
    if (one.fault.startsWith('status') && !AGAIN.test(one.fault)) return [{ ...REFUSED, tone: 'bad', what }];
    return [
      {
        tone: 'bad',
        what,
        means: `${counted(one.waiting, 'notice')} to be told; it is tried again and again, once a minute at the least`,
        remedy: 'look whether it runs, and whether this server can reach it',
      },
    ];
  });
}

const REFUSED = {
  means: 'what it refuses is given up, and not sent again',
  remedy: 'look at its address and its token, as given with --notify or --alertmanager, and at its log',
};

function unmatched({ health, exchanges }: Measured): Finding[] {
  const { host, guest } = health.unmatched;
  if (host + guest <= UNMATCHED_SHARE * exchanges) return [];
  const more = host > guest ? 'host' : 'guest';
  const other = more === 'host' ? 'guest' : 'host';
  return [
    {
      tone: 'warn',
      what: `${formatCount(host + guest)} records found no partner, most of them the ${more}’s`,
      means: `the ${other} did not see these requests, or lost what it saw`,
      remedy: `look whether both trace the same ports, whether a VM has no agent, and at the ${other}’s losses`,
    },
  ];
}

function clockTrouble({ health: { clock, faults } }: Measured): Finding[] {
  const all: Finding[] = [];
  if (clock.boundNs === null && clock.windows > 0) {
    all.push({
      tone: 'warn',
      what: 'no clock between host and guest now',
      means: 'vnic.in and vnic.out are not told one from the other; their sum is',
      remedy: 'it comes back with traffic in both directions, some seconds after a clock stepped',
    });
  }
  if (clock.counts.disagree > 0) {
    all.push({
      tone: 'bad',
      what: `two clock methods contradicted each other ${formatCount(clock.counts.disagree)} times`,
      means: 'one of them was wrong by more than its bound: do not trust vnic.in and vnic.out alone around then',
      remedy: 'see the ladder below; please report it, with what it shows',
    });
  }
  if (faults.negative > 0) {
    all.push({
      tone: 'warn',
      what: `${formatCount(faults.negative)} layers came out negative`,
      means: 'they are counted and never plotted',
      remedy: 'see the clock’s events below: a step or a migration explains them',
    });
  }
  return all;
}

function slowness({ health: { liveDelayMs, selfCost } }: Measured): Finding[] {
  const all: Finding[] = [];
  if ((liveDelayMs ?? 0) > SLOW_MS) {
    all.push({
      tone: 'warn',
      what: `what is shown is ${formatDuration(liveDelayMs! * 1e6)} old`,
      means: 'numbers are right, and late',
      remedy: 'the server or an agent has too little CPU',
    });
  }
  if ((selfCost.agentCpu ?? 0) > DEAR_CPU) {
    all.push({
      tone: 'warn',
      what: `the agents take ${(selfCost.agentCpu! * 100).toFixed(0)} % of a core`,
      means: 'looking slows down what is looked at',
      remedy: 'trace fewer ports (--port), or do without method and path (--no-http)',
    });
  }
  return all;
}
