/** A run as one row of a list: what it was made under, and what is missing from it. Pure. */
import type { LoadSummary, ProvenanceView, RunInfo, Summary } from '../server/wire/views.ts';
import { formatAge, formatCount, join, MISSING, rate } from './format.ts';
import { lostRecords } from './losses.ts';

export interface RunFacts {
  /** `41 s`, and whether it still grows. */
  length: string;
  isOpen: boolean;
  /** Brought in from a file, not measured here. */
  isRecording: boolean;
  /** The guest's NIC and its driver. */
  nic: Pair;
  /** Of the CPU and, apart, of the network device. */
  approach: Pair;
  accelerator: string;
  kernel: string;
  /** Its rate and what it asked for. */
  load: Pair;
  losses: Losses;
}

/** What stands in a cell, and below it. */
export type Pair = readonly [first: string, second: string];

export interface Losses {
  records: number;
  text: string;
  /** By name; empty where nothing is lost. */
  where: string;
}

/** @param nowMs for a run that has not ended, the viewer's clock */
export function runFacts(
  { startedMs, endedMs, recordedMs }: RunInfo,
  summary: Summary | undefined,
  nowMs: number,
): RunFacts {
  const guest = summary?.provenance.guest ?? null;
  return {
    length: formatAge((endedMs ?? nowMs) - startedMs),
    isOpen: endedMs === null,
    isRecording: recordedMs !== null,
    nic: [guest?.nicModel || guest?.driver || MISSING, guest?.nicModel ? guest.driver : ''],
    approach: approachOf(guest),
    accelerator: guest?.accelerator || MISSING,
    kernel: guest?.kernel || MISSING,
    load: loadOf(summary?.load ?? null),
    losses: lossesOf(summary),
  };
}

function approachOf(guest: ProvenanceView | null): Pair {
  if (guest === null) return [MISSING, ''];
  return [`CPU ${guest.approach}`, guest.nicApproach === undefined ? '' : `NIC ${guest.nicApproach}`];
}

function loadOf(load: LoadSummary | null): Pair {
  return load === null ? [MISSING, ''] : [join(rate(load.rate)), load.path];
}

function lossesOf(summary: Summary | undefined): Losses {
  if (summary === undefined) return { records: 0, text: MISSING, where: '' };
  const { unmatched, drops } = summary;
  const records = lostRecords(summary) + unmatched.host + unmatched.guest;
  const dropped = Object.entries(drops).filter(([queue]) => !queue.startsWith('live.'));
  const all = [...dropped, ['unmatched.host', unmatched.host] as const, ['unmatched.guest', unmatched.guest] as const];
  const where = all.filter(([, n]) => n > 0).map(([name, n]) => `${name} ${formatCount(n)}`);
  return { records, text: records === 0 ? 'nothing lost' : `${formatCount(records)} lost`, where: where.join(', ') };
}
