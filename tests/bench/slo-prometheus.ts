/** Our alerts beside those of a real Prometheus: its rule engine over the exported rules and the scraped counters. */
import { spawnSync } from 'node:child_process';
import { nightlyMaintenance, presetObjectives, randomMinutes } from '../server/slo/random-weeks.ts';
import { disagreement, judge } from '../server/slo/rule-oracle.ts';
import type { Row } from './slo.ts';

/** One processor is all that a promtool uses. */
const AT_ONCE = 2;

const START = Date.UTC(2026, 2, 1);
const DAY = 1_440;

/** Stretches of random traffic, and how far the moments of judgement are apart. */
export interface Stretches {
  count: number;
  days: number;
  everyMinutes: number;
}

/**
 * No tolerance: both judge at the end of the same whole minutes, by samples that were taken just then, so a
 * window of either has the same minutes in it and no count is extrapolated.
 */
export async function sameAlerts(all: readonly Stretches[]): Promise<Row> {
  const [version, isKnown] = prometheusVersion();
  const sums = { series: 0, judged: 0, transitions: 0, wrong: 0 };
  const waiting = isKnown
    ? all.flatMap((one) => Array.from({ length: one.count }, (_, i) => ({ ...one, seed: i + 1 })))
    : [];
  const startMs = performance.now();
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { series, judged, transitions, wrong } = await oneStretch(next, next.seed);
      sums.series += series;
      sums.judged += judged;
      sums.transitions += transitions;
      sums.wrong += wrong;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const lengths = all.map(({ count, days, everyMinutes }) => `${count} x ${days} d every ${everyMinutes} min`);
  return {
    what: 'stretches whose alerts differ from those of Prometheus',
    measured: isKnown ? String(sums.wrong) : 'not judged',
    want: '0',
    ok: isKnown && sums.wrong === 0 && sums.transitions > 0,
    over:
      `${version}, ${lengths.join(', ')} in ${((performance.now() - startMs) / 1000).toFixed(0)} s: ` +
      `${sums.series} streams, ${sums.transitions} transitions, ${sums.judged} states of alerts`,
  };
}

async function oneStretch({ days, everyMinutes }: Stretches, seed: number) {
  const maintenance = seed % 2 === 0 ? [] : nightlyMaintenance(START, Math.ceil(days));
  const all = presetObjectives(maintenance).map((objective, i) =>
    judge(objective, randomMinutes(1_000 * days + 10 * seed + i, days * DAY), START, everyMinutes),
  );
  const said = await disagreement(all);
  if (said !== '') console.error(`stretch ${seed} of ${days} days: ${said.slice(0, 2_000)}`);
  return {
    series: all.length,
    judged: all.reduce((sum, { firing, objective }) => sum + firing.length * objective.rules.length, 0),
    transitions: all.reduce((sum, { transitions }) => sum + transitions, 0),
    wrong: said === '' ? 0 : 1,
  };
}

/** From version 3 on a window has no sample at its beginning: it takes others, so that nothing is to be compared. */
function prometheusVersion(): [text: string, isKnown: boolean] {
  const { stdout } = spawnSync('promtool', ['--version'], { encoding: 'utf8' });
  const version = /version (\d+)\.[\d.]+/.exec(stdout ?? '');
  if (version === null) return ['no promtool here: apt-get install prometheus', false];
  return [`promtool ${version[0].slice(8)}`, Number(version[1]) === 2];
}
