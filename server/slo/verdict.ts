/**
 * Whose fault a breach is: where the bad requests spent what they took longer
 * than the usual ones. It says "undetermined" rather than guess. Pure: the
 * report's verifier runs it again.
 */
import { sharesOf } from '../compare/shares.ts';
import type { Sample } from '../compare/shifts.ts';
import type { Share } from '../wire/compare-views.ts';
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
import { type CpuCause, cpuCauseOf, GUEST_PARTS } from './cpu-cause.ts';
import { evidenceLines, neighbourOf, processOf } from './evidence.ts';
import { permilleOf } from './rounded-shares.ts';
import { verdictSentence } from './verdict-sentence.ts';

/** Fewer say nothing: the mean of a few is anything. */
const FEWEST_BAD = 10;
const FEWEST_USUAL = 30;
const DRAWS = 500;
/** Of requests that are as fast as usual, half are above the mean or fewer. */
const NEARLY_ALL = 0.95;

export function verdictOn(data: EpisodeData): EpisodeVerdict {
  const [bad, usual] = [wholeRows(data.bad), wholeRows(data.usual)];
  const cpu = cpuCauseOf(data, bad, usual);
  const told = {
    requests: { bad: bad.length, usual: usual.length },
    evidence: evidenceLines(data),
    neighbour: cpu === 'beside' ? null : neighbourOf(data),
    process: cpu === 'beside' ? null : processOf(data),
  };
  const reason = whyNot(data, bad, usual);
  const parts = reason === null ? partShares(bad, usual, cpu === 'starved') : [];
  const sides = sideShares(bad, usual, parts, cpu === 'starved');
  const excessNs = parts.length === 0 ? null : parts.reduce((sum, { excessNs: ns }) => sum + ns, 0);
  const doubts = doubtsOf(data, reason, cpu, parts);
  const side = sideOf(sides, parts, cpu);
  const verdict = {
    ...told,
    side,
    part: side === 'undetermined' ? null : mainPart(bad, usual, parts, side, cpu === 'starved'),
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
  const sample = (rows: readonly EpisodeRow[]): Sample =>
    new Map(PARTS.map((part) => [part, Float64Array.from(rows, sumOf([part]))]));
  const shares = sharesOf(sample(usual), sample(bad), { draws: DRAWS });
  const permille = isLonger(sumOf(PARTS), bad, usual) ? permilleOf(shares.map(({ shift }) => shift)) : null;
  return shares.map(({ shift, low, high }, i) => ({
    ...{ part: PARTS[i]!, side: sideOfPart(PARTS[i]!, isStarved) },
    ...{ excessNs: shift, lowNs: low, highNs: high, permille: permille?.[i] ?? null },
  }));
}

/** Whether the bad ones have more of a time for sure. A queue that grows makes their mean anything, and each of them slow. */
function isLonger(time: TimeOf, bad: readonly EpisodeRow[], usual: readonly EpisodeRow[]): boolean {
  const mean = usual.reduce((sum, row) => sum + time(row), 0) / usual.length;
  const longer = bad.filter((row) => time(row) > mean).length;
  return longer >= NEARLY_ALL * bad.length || excessOf(time, bad, usual).low > 0;
}

/** Guest time of a VM whose CPU was kept from it is the platform's. */
function sideOfPart(part: Part, isStarved: boolean): BlameSide | null {
  if (part === 'transfer') return null;
  return GUEST_PARTS.includes(part) && !isStarved ? 'tenant' : 'platform';
}

type TimeOf = (row: EpisodeRow) => number;

function sumOf(parts: readonly Part[]): TimeOf {
  const indexes = parts.map((part) => PARTS.indexOf(part));
  return (row) => indexes.reduce((sum, i) => sum + row.parts[i]!, 0);
}

/** What the bad ones took longer than the usual ones, with its interval, of any time that each of them has. */
function excessOf(time: TimeOf, bad: readonly EpisodeRow[], usual: readonly EpisodeRow[]): Share {
  const sample = (rows: readonly EpisodeRow[]): Sample => new Map([['', Float64Array.from(rows, time)]]);
  return sharesOf(sample(usual), sample(bad), { draws: DRAWS })[0]!;
}

/** Both sides, with what each interval allows; empty where the whole excess could be nothing. */
function sideShares(
  bad: readonly EpisodeRow[],
  usual: readonly EpisodeRow[],
  parts: readonly PartShare[],
  isStarved: boolean,
): SideShare[] {
  if (parts.length === 0 || parts.some(({ permille }) => permille === null)) return [];
  const totalNs = parts.reduce((sum, { excessNs }) => sum + excessNs, 0);
  const total = sumOf(PARTS);
  return (['platform', 'tenant'] as const).map((side) => {
    const own = parts.filter((part) => part.side === side);
    const share = own.reduce((sum, { excessNs }) => sum + excessNs, 0) / totalNs;
    const time = sumOf(PARTS.filter((part) => sideOfPart(part, isStarved) === side));
    // How long a breach took varies more than whose it was: a share's error is that of what departs from the share.
    const { high } = excessOf((row) => time(row) - share * total(row), bad, usual);
    const error = Math.abs(high / totalNs);
    return {
      side,
      permille: own.reduce((sum, { permille }) => sum + permille!, 0),
      low: Math.round(1000 * (share - error)),
      high: Math.round(1000 * (share + error)),
    };
  });
}

function sideOf(sides: readonly SideShare[], parts: readonly PartShare[], cpu: CpuCause): EpisodeVerdict['side'] {
  const sure = sides.find(({ low }) => low > 500);
  if (sure === undefined) return 'undetermined';
  // It runs more and waits more: whether it would have been slow without waiting, nobody can say.
  const guest = parts
    .filter(({ part }) => GUEST_PARTS.includes(part as Part))
    .reduce((sum, { permille }) => sum + (permille ?? 0), 0);
  return cpu === 'busy' && guest > 250 ? 'undetermined' : sure.side;
}

interface Group {
  name: Part | typeof STOLEN;
  parts: readonly Part[];
}

/** The part of that side that carries more than any other for sure; stolen time has no part of its own: it is all of the guest's. */
function mainPart(
  bad: readonly EpisodeRow[],
  usual: readonly EpisodeRow[],
  parts: readonly PartShare[],
  side: BlameSide,
  isStarved: boolean,
): EpisodeVerdict['part'] {
  const own = PARTS.filter((part) => sideOfPart(part, isStarved) === side);
  const stolen = isStarved ? own.filter((part) => GUEST_PARTS.includes(part)) : [];
  const groups: Group[] = own.filter((part) => !stolen.includes(part)).map((part) => ({ name: part, parts: [part] }));
  if (stolen.length > 0) groups.push({ name: STOLEN, parts: stolen });
  const excess = (group: readonly Part[]) =>
    parts.reduce((sum, { part, excessNs }) => (group.includes(part as Part) ? sum + excessNs : sum), 0);
  const [most, next] = groups.toSorted((a, b) => excess(b.parts) - excess(a.parts));
  if (most === undefined || next === undefined) return most?.name ?? null;
  const [first, second] = [sumOf(most.parts), sumOf(next.parts)];
  return isLonger((row) => first(row) - second(row), bad, usual) ? most.name : null;
}

function doubtsOf(data: EpisodeData, reason: string | null, cpu: CpuCause, parts: readonly PartShare[]): string[] {
  const doubts = reason === null ? [] : [reason];
  if (parts.some(({ permille }) => permille === null)) {
    doubts.push('the bad requests took no longer than the usual ones, as far as can be told');
  }
  if (cpu === 'busy') doubts.push('the VM ran more and waited more for a CPU at once');
  if (cpu === 'beside') doubts.push('the VM waited for a CPU as well, which does not account for what took longer');
  if (data.isSampled) doubts.push('a budget chose which requests are kept one by one: slow ones and errors first');
  if (data.lanes.length === 0)
    doubts.push('no readings of the CPU are kept from that time: waiting for one cannot be excluded');
  if (data.notMeasured.length > 0) doubts.push(`${data.notMeasured.length} minutes were not measured`);
  return doubts;
}
