/** The result as text, and the targets that were missed. */
import { CANNOT_BE_PLANTED, PLANT_LAYERS } from '../../lab/plant-points.ts';
import { formatNs } from '../../lab/table.ts';
import { LEAK_SHARE, type Score } from './attribution-score.ts';

interface Result {
  nic: string;
  pooled: ReadonlyMap<string, number>;
  scores: Score[];
  /** Plants that were done again, because the machine stood still meanwhile. */
  repeated: number;
}

const NAMED_SHARE = 0.99;
/** More than this lost in noise says nothing about Hopscope, and much about the machine. */
const UNRESOLVED_SHARE = 0.1;

export function missedTargets(results: readonly Result[]): string[] {
  const all = results.flatMap(({ scores }) => scores);
  const plants = all.filter(({ delayMs }) => delayMs > 0);
  const resolved = plants.filter(({ resolvable }) => resolvable);
  const falsely = all.filter(({ delayMs, named, resolvable }) => delayMs === 0 && resolvable && named !== null);
  const named = share(resolved, ({ layer, named: name }) => name === layer);
  const sized = share(resolved, ({ sizeHolds }) => sizeHolds);
  const tight = share(resolved, ({ leak }) => leak === null || leak.share <= LEAK_SHARE);
  const targets: [boolean, string][] = [
    [named >= NAMED_SHARE, `${percent(named)} of the plants were named first, not ${percent(NAMED_SHARE)}`],
    [sized >= NAMED_SHARE, `${percent(sized)} of the sizes are within ±10 % or ±100 µs, not ${percent(NAMED_SHARE)}`],
    [falsely.length === 0, `${falsely.length} plants were named in clean controls`],
    [
      tight >= NAMED_SHARE,
      `${percent(tight)} of the plants leak 5 % or less into another layer, not ${percent(NAMED_SHARE)}`,
    ],
    [
      resolved.length >= (1 - UNRESOLVED_SHARE) * plants.length,
      `${plants.length - resolved.length} of ${plants.length} plants are lost in the noise of this machine: run it where it is quiet`,
    ],
  ];
  return targets.filter(([met]) => !met).map(([, text]) => text);
}

export function print(results: readonly Result[], missed: readonly string[]): void {
  for (const { nic, pooled, scores, repeated } of results) {
    console.log(`${nic}: planted in blocks of one guest under load, n per layer and size`);
    const groups = PLANT_LAYERS.flatMap((layer) => {
      const own = scores.filter((each) => each.layer === layer);
      const sizes = [...new Set(own.map(({ delayMs }) => delayMs))].sort((a, b) => a - b);
      return sizes.map((size) => own.filter(({ delayMs }) => delayMs === size));
    });
    table([
      ['layer', 'ms', 'n', 'named first', 'size error', 'worst leak', 'noise'],
      ...groups.map((g) => row(g, pooled)),
    ]);
    const controls = scores.filter(({ delayMs, resolvable }) => delayMs === 0 && resolvable);
    const falsely = controls.filter(({ named }) => named !== null);
    console.log(
      `controls: ${controls.length}, plants named in them: ${falsely.length}; repeated after a stall: ${repeated}`,
    );
    for (const { named } of falsely) console.log(`  ${named}`);
    console.log('');
  }
  for (const [layer, why] of Object.entries(CANNOT_BE_PLANTED)) console.log(`${layer} cannot be planted here: ${why}`);
  console.log(missed.length === 0 ? 'every target is met' : missed.map((each) => `missed: ${each}`).join('\n'));
}

function row(group: readonly Score[], pooled: ReadonlyMap<string, number>): string[] {
  const { layer, delayMs } = group[0]!;
  const resolved = group.filter(({ resolvable }) => resolvable);
  const right = resolved.filter(({ named }) => named === layer).length;
  const errors = resolved.flatMap(({ errorNs }) => errorNs ?? []);
  const worst = errors.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0];
  const leak = resolved.flatMap((each) => each.leak ?? []).toSorted((a, b) => b.share - a.share)[0];
  return [
    layer,
    String(delayMs),
    String(group.length),
    resolved.length === 0 ? 'not resolvable' : `${right} of ${resolved.length}`,
    worst === undefined ? '–' : `${worst > 0 ? '+' : ''}${formatNs(worst)}`,
    leak === undefined ? 'not resolvable' : `${percent(leak.share)} ${leak.layer}`,
    formatNs(pooled.get(layer) ?? null),
  ];
}

function share(scores: readonly Score[], holds: (score: Score) => boolean): number {
  return scores.length === 0 ? 0 : scores.filter(holds).length / scores.length;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(value === 1 ? 0 : 1)} %`;
}

function table(rows: readonly string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((each) => each[column]!.length)));
  for (const each of rows) {
    console.log(each.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  '));
  }
}
