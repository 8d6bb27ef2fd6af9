/**
 * Whose fault a breach is: where the bad requests spent what they took longer
 * than the usual ones. It says "undetermined" rather than guess. Pure: the
 * report's verifier runs it again.
 */
import { sharesOf } from '../compare/shares.ts';
import type { Sample } from '../compare/shifts.ts';
import {
  type BlameSide,
  type EpisodeData,
  type EpisodeRow,
  type EpisodeVerdict,
  PARTS,
  type Part,
  type PartShare,
  type SideShare,
  STOLEN,
} from '../wire/episode-views.ts';
import { cpuReadings, cpuState, evidenceLines, neighbourOf, processOf } from './evidence.ts';
import { permilleOf } from './rounded-shares.ts';
import { verdictSentence } from './verdict-sentence.ts';

/** Fewer say nothing: the mean of a few is anything. */
const FEWEST_BAD = 10;
const FEWEST_USUAL = 30;
const DRAWS = 500;
const GUEST: readonly Part[] = ['tcp.in', 'wait', 'service', 'tcp.out'];

export function verdictOn(data: EpisodeData): EpisodeVerdict {
  const [bad, usual] = [wholeRows(data.bad), wholeRows(data.usual)];
  const told = {
    requests: { bad: bad.length, usual: usual.length },
    evidence: evidenceLines(data),
    neighbour: neighbourOf(data),
    process: processOf(data),
  };
  const reason = whyNot(data, bad, usual);
  const cpu = cpuState(cpuReadings(data));
  const parts = reason === null ? partShares(bad, usual, cpu === 'starved') : [];
  const sides = sideShares(bad, usual, parts, cpu === 'starved');
  const excessNs = parts.length === 0 ? null : parts.reduce((sum, { excessNs: ns }) => sum + ns, 0);
  const doubts = doubtsOf(data, reason, cpu, parts);
  const side = sideOf(sides, parts, cpu);
  const verdict = {
    ...told,
    side,
    part: side === 'undetermined' ? null : mainPart(parts, side),
    doubts,
    excessNs,
    parts,
    sides,
  };
  return { ...verdict, sentence: verdictSentence(data, verdict) };
}

/** Those of which every part was measured. */
function wholeRows(rows: readonly EpisodeRow[]): EpisodeRow[] {
  return rows.filter(({ parts }) => parts.every((ns) => ns !== null)).toSorted((a, b) => a.atMs - b.atMs);
}

function whyNot({ isAboutTime }: EpisodeData, bad: readonly unknown[], usual: readonly unknown[]): string | null {
  if (!isAboutTime) return 'the objective judges by status, and no time tells why a status was chosen';
  if (bad.length < FEWEST_BAD)
    return `only ${bad.length} bad requests are kept with every station (at least ${FEWEST_BAD} are needed)`;
  if (usual.length < FEWEST_USUAL) {
    return `only ${usual.length} requests from before are kept to compare with (at least ${FEWEST_USUAL} are needed)`;
  }
  return null;
}

function partShares(bad: readonly EpisodeRow[], usual: readonly EpisodeRow[], isStarved: boolean): PartShare[] {
  const groups = PARTS.map((part) => ({ part, side: sideOfPart(part, isStarved) }));
  const all = groups.map(({ part }) => part);
  const shares = sharesOf(sampleOf(usual, all), sampleOf(bad, all), { draws: DRAWS });
  const parts = shares.map(({ shift, low, high, share }, i) => ({
    ...groups[i]!,
    ...{ excessNs: shift, lowNs: low, highNs: high, permille: share },
  }));
  if (parts.some(({ permille }) => permille === null)) return parts;
  const permille = permilleOf(parts.map(({ excessNs }) => excessNs));
  return parts.map((part, i) => ({ ...part, permille: permille[i]! }));
}

/** Guest time of a VM whose CPU was kept from it is the platform's. */
function sideOfPart(part: Part, isStarved: boolean): BlameSide | null {
  if (part === 'transfer') return null;
  return GUEST.includes(part) && !isStarved ? 'tenant' : 'platform';
}

function sampleOf(rows: readonly EpisodeRow[], parts: readonly Part[]): Sample {
  return new Map(parts.map((part) => [part, Float64Array.from(rows, (row) => row.parts[PARTS.indexOf(part)]!)]));
}

/** Both sides, with what each interval allows; empty where the whole excess could be nothing. */
function sideShares(
  bad: readonly EpisodeRow[],
  usual: readonly EpisodeRow[],
  parts: readonly PartShare[],
  isStarved: boolean,
): SideShare[] {
  if (parts.length === 0 || parts.some(({ permille }) => permille === null)) return [];
  const sumOf = (side: BlameSide | null) => (row: EpisodeRow) =>
    PARTS.reduce((sum, part, i) => (sideOfPart(part, isStarved) === side ? sum + row.parts[i]! : sum), 0);
  const sample = (rows: readonly EpisodeRow[]): Sample =>
    new Map(
      (['platform', 'tenant', null] as const).map((side) => [String(side), Float64Array.from(rows, sumOf(side))]),
    );
  const shares = sharesOf(sample(usual), sample(bad), { draws: DRAWS });
  const total = shares.reduce((sum, { shift }) => sum + shift, 0);
  return (['platform', 'tenant'] as const).map((side) => {
    const share = shares.find(({ layer }) => layer === side)!;
    const own = parts.filter((part) => part.side === side).reduce((sum, { permille }) => sum + permille!, 0);
    return {
      side,
      permille: own,
      low: Math.round((1000 * share.low) / total),
      high: Math.round((1000 * share.high) / total),
    };
  });
}

function sideOf(sides: readonly SideShare[], parts: readonly PartShare[], cpu: string): EpisodeVerdict['side'] {
  const sure = sides.find(({ low }) => low > 500);
  if (sure === undefined) return 'undetermined';
  // It runs more and waits more: whether it would have been slow without waiting, nobody can say.
  const guest = parts
    .filter(({ part }) => GUEST.includes(part as Part))
    .reduce((sum, { permille }) => sum + (permille ?? 0), 0);
  return cpu === 'busy' && guest > 250 ? 'undetermined' : sure.side;
}

/** The part of that side that carries most of it; stolen time has no part of its own. */
function mainPart(parts: readonly PartShare[], side: BlameSide): EpisodeVerdict['part'] {
  const own = parts.filter((part) => part.side === side).toSorted((a, b) => b.excessNs - a.excessNs);
  const [most, next] = own;
  if (most === undefined) return null;
  if (side === 'platform' && GUEST.includes(most.part as Part)) return STOLEN;
  return next === undefined || most.lowNs > next.highNs ? most.part : null;
}

function doubtsOf(data: EpisodeData, reason: string | null, cpu: string, parts: readonly PartShare[]): string[] {
  const doubts = reason === null ? [] : [reason];
  if (parts.some(({ permille }) => permille === null)) {
    doubts.push('the bad requests took no longer than the usual ones, as far as can be told');
  }
  if (cpu === 'busy') doubts.push('the VM ran more and waited more for a CPU at once');
  if (data.isSampled) doubts.push('a budget chose which requests are kept one by one: slow ones and errors first');
  if (data.lanes.length === 0)
    doubts.push('no readings of the CPU are kept from that time: waiting for one cannot be excluded');
  if (data.notMeasured.length > 0) doubts.push(`${data.notMeasured.length} minutes were not measured`);
  return doubts;
}
