/** Compares verdicts with the sealed answers, and the whole with the targets. Pure. */
import { alignedTable } from '../../lab/columns.ts';
import type { EpisodeVerdict } from '../../server/wire/episode-views.ts';
import { type Answer, KINDS, type Kind, truthOf } from './verdict-schedule.ts';

/**
 * `none`: no episode was raised; `disturbed`: one was raised in a control, but this machine itself was kept from its
 * CPUs, so that requests were slow indeed.
 */
export type Outcome = 'right' | 'undetermined' | 'wrong' | 'none' | 'raised' | 'disturbed' | 'quiet';
const OF_CONTROLS: readonly Outcome[] = ['raised', 'disturbed', 'quiet'];

export interface Score {
  id: number;
  kind: Kind;
  stolen: number;
  attempts: number;
  /** Of a plant, the worst of its episodes' sides; of a control, whether one was raised. */
  outcome: Outcome;
  /** Whether the layer is right too; null without a right side. */
  isLayerRight: boolean | null;
  /** Of the whole excess, tenths of a percent; null without a right side. */
  share: { permille: number; low: number; high: number } | null;
  sentences: string[];
}

export const RIGHT_OR_UNDETERMINED = 0.99;
export const UNDETERMINED = 0.1;
export const LAYER = 0.95;
/** More steal than this is more than a quiet machine ever has. */
export const DISTURBED = 0.05;

export function score(answer: Answer, verdicts: readonly EpisodeVerdict[]): Score {
  const truth = truthOf(answer);
  const { id, kind, stolen, attempts } = answer;
  const told = { id, kind, stolen, attempts, sentences: verdicts.map(({ sentence }) => sentence) };
  const nothing = { isLayerRight: null, share: null };
  if (truth === null) {
    const raised = stolen > DISTURBED ? 'disturbed' : 'raised';
    return { ...told, ...nothing, outcome: verdicts.length === 0 ? 'quiet' : raised };
  }
  if (verdicts.length === 0) return { ...told, ...nothing, outcome: 'none' };
  if (verdicts.some(({ side }) => side !== truth.side && side !== 'undetermined')) {
    return { ...told, ...nothing, outcome: 'wrong' };
  }
  if (verdicts.some(({ side }) => side === 'undetermined')) return { ...told, ...nothing, outcome: 'undetermined' };
  const { permille, low, high } = verdicts[0]!.sides.find(({ side }) => side === truth.side)!;
  const isLayerRight = verdicts.every(({ part }) => truth.parts.some((one) => one === part));
  return { ...told, outcome: 'right', isLayerRight, share: { permille, low, high } };
}

export function missedTargets(scores: readonly Score[]): string[] {
  const plants = scores.filter(({ outcome }) => !OF_CONTROLS.includes(outcome));
  const many = (outcome: Outcome) => plants.filter((one) => one.outcome === outcome).length;
  const layers = plants.filter(({ isLayerRight }) => isLayerRight !== null);
  const raised = scores.filter(({ outcome }) => outcome === 'raised').length;
  const targets: [number, (share: number) => boolean, string][] = [
    [many('right') + many('undetermined'), (share) => share >= RIGHT_OR_UNDETERMINED, 'right or undetermined'],
    [many('undetermined'), (share) => share <= UNDETERMINED, 'undetermined'],
    [many('wrong'), (share) => share === 0, 'wrong'],
  ];
  const missed = targets
    .filter(([count, holds]) => plants.length > 0 && !holds(count / plants.length))
    .map(([count, , what]) => `${count} of ${plants.length} verdicts are ${what}`);
  const right = layers.filter(({ isLayerRight }) => isLayerRight).length;
  if (layers.length > 0 && right / layers.length < LAYER) missed.push(`${right} of ${layers.length} layers are right`);
  if (raised > 0) missed.push(`${raised} controls raised an episode`);
  return missed;
}

export function tableOf(scores: readonly Score[]): string[] {
  const rows = KINDS.map((kind) => scores.filter((one) => one.kind === kind)).filter(({ length }) => length > 0);
  const table = alignedTable([
    ['planted', 'trials', 'side right', 'undetermined', 'wrong', 'no episode', 'layer right', 'share of its side'],
    ...rows.map(rowOf),
  ]);
  const disturbed = scores.filter(({ outcome }) => outcome === 'disturbed').length;
  const most = (100 * Math.max(...scores.map(({ stolen }) => stolen))).toFixed(1);
  const repeated = scores.reduce((sum, { attempts }) => sum + attempts - 1, 0);
  const steal = `this machine was kept from ${most} % of its CPU time at most`;
  return [...table, `${steal}: ${repeated} trials done again, ${disturbed} controls disturbed all the same`];
}

function rowOf(own: readonly Score[]): string[] {
  const many = (...outcomes: Outcome[]) => String(own.filter(({ outcome }) => outcomes.includes(outcome)).length);
  const head = [own[0]!.kind, String(own.length)];
  if (own.every(({ outcome }) => OF_CONTROLS.includes(outcome))) {
    return [...head, '', '', many('raised'), many('quiet'), '', ''];
  }
  const layers = String(own.filter(({ isLayerRight }) => isLayerRight).length);
  return [...head, many('right'), many('undetermined'), many('wrong'), many('none'), layers, shareOf(own)];
}

/** That of the trial in the middle, with the interval that it had itself. */
function shareOf(own: readonly Score[]): string {
  const shares = own.flatMap(({ share }) => share ?? []).toSorted((a, b) => a.permille - b.permille);
  const middle = shares[shares.length >> 1];
  if (middle === undefined) return '–';
  const percent = (permille: number) => (permille / 10).toFixed(1);
  return `${percent(middle.permille)} % (${percent(middle.low)} to ${percent(middle.high)})`;
}
