/**
 * Breaches planted in a real lab under load against the verdicts that the product gives on them: a guest is booted as
 * `hopscope up` boots it, with objectives; each breach lasts most of a minute; the alert rules raise the episode, the
 * API tells its verdict. What was planted is sealed until every verdict is in. Exits 1 when a target is missed. A trial
 * during which this machine itself was kept from its CPUs (steal) is done again, and counted.
 *   --quick  one of each kind    --json  one JSON object    --seed N    --kinds "host hog,calm"    --keep FILE  every trial as a JSON line
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LabError } from '../../lab/command.ts';
import { labSession } from '../../lab/session.ts';
import type { EpisodeView } from '../../server/wire/episode-views.ts';
import { SealedAnswers } from './attribution-schedule.ts';
import { HostSteal } from './host-steal.ts';
import { isOpen, judge, type Slot } from './verdict-judge.ts';
import { PLANTS } from './verdict-plants.ts';
import { type Answer, KINDS, type Kind, schedule, type Trial } from './verdict-schedule.ts';
import { DISTURBED, missedTargets, type Score, score, tableOf } from './verdict-score.ts';
import { Site } from './verdict-site.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    kinds: { type: 'string' },
    keep: { type: 'string' },
  },
});

const MINUTE_MS = 60_000;
const REPEATS = 3;
const SLOT_MINUTES = 2;
/** Into the slot: its second minute is the rest that the alert resolves after. */
const END_MS = 57_000;
/** Of usual requests, before the first plant: a guest that has just booted is slow at first. */
const WARM_UP_MS = 90_000;
/** A trial during which this machine itself was kept from its CPUs is done again. */
const MOST_ATTEMPTS = 3;
const QUIET_MS = 5_000;
const QUIET_LIMIT_MS = 10 * MINUTE_MS;
/** In --quick a calm guest is not asked for apart: the other controls have one, and more. */
const QUICK_KINDS = KINDS.filter((kind) => kind !== 'calm');

function parsedKinds(): readonly Kind[] {
  if (flags.kinds === undefined) return flags.quick ? QUICK_KINDS : KINDS;
  const asked = flags.kinds.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !KINDS.some((kind) => kind === name));
  if (unknown.length === 0) return asked as Kind[];
  console.error(`bench:verdict: there is no kind ${unknown.join(', ')}. There are: ${KINDS.join(', ')}`);
  process.exit(2);
}

/** The two minutes that a trial has to itself: from this one where its time to start has not come yet. */
function nextSlot({ startS }: Trial): Slot {
  const fromMs = Math.ceil((Date.now() - startS * 1000) / MINUTE_MS) * MINUTE_MS;
  return { fromMs, toMs: fromMs + SLOT_MINUTES * MINUTE_MS };
}

/** Plants, and resolves with what the product says of it: asked without a word of what was planted. */
async function carryOut(site: Site, trial: Trial): Promise<{ stolen: number; views: EpisodeView[] }> {
  await quiet(site);
  const slot = nextSlot(trial);
  await delay(Math.max(0, slot.fromMs + trial.startS * 1000 - Date.now()), undefined, { signal: site.signal });
  const steal = new HostSteal();
  await PLANTS[trial.kind](site, trial, slot.fromMs + END_MS);
  const views = await judge(site.lab.api.url, slot, site.signal);
  return { stolen: steal.share(), views };
}

/** Until this machine has its CPUs to itself, and nothing of before is still slow. */
async function quiet(site: Site): Promise<void> {
  const limitMs = Date.now() + QUIET_LIMIT_MS;
  for (let told = false; Date.now() < limitMs; ) {
    const steal = new HostSteal();
    await delay(QUIET_MS, undefined, { signal: site.signal });
    if (steal.share() <= DISTURBED && !(await isOpen(site.lab.api.url))) return;
    if (!told) site.lab.say('waiting until this machine is quiet');
    told = true;
  }
  throw new LabError(
    `Requests are slow without a plant, or this machine lacks CPU time, for ${QUIET_LIMIT_MS / MINUTE_MS} minutes: run it where it is quiet.`,
  );
}

/** Each trial's episodes, by its id. */
async function carryOutAll(site: Site, trials: readonly Trial[], answers: SealedAnswers<Answer>) {
  const seen: EpisodeView[][] = [];
  await delay(WARM_UP_MS, undefined, { signal: site.signal });
  for (const trial of trials) {
    let attempts = 1;
    let done = await carryOut(site, trial);
    for (; done.stolen > DISTURBED && attempts < MOST_ATTEMPTS; attempts++) done = await carryOut(site, trial);
    answers.seal({ ...trial, stolen: done.stolen, attempts });
    seen.push(done.views);
    keep({ id: trial.id, views: done.views });
    const told = done.views.map(({ verdict }) => `${verdict.side}, ${verdict.part ?? 'no layer'}`).join('; ');
    site.lab.say(`trial ${seen.length} of ${trials.length}: ${told || 'no episode'}`);
  }
  return seen;
}

function report(scores: readonly Score[]): void {
  const missed = missedTargets(scores);
  if (flags.json) {
    const { quick, seed } = flags;
    console.log(JSON.stringify({ benchmark: 'verdict', quick, seed, scores, missed }));
  } else {
    console.log(tableOf(scores).join('\n'));
    for (const { kind, outcome, isLayerRight, sentences } of scores) {
      if (outcome !== 'quiet' && (outcome !== 'right' || !isLayerRight)) console.log(`${kind}: ${sentences.join(' ')}`);
    }
    console.log(missed.length === 0 ? 'every target is met' : missed.map((each) => `missed: ${each}`).join('\n'));
  }
  if (missed.length > 0) process.exitCode = 1;
}

function keep(line: unknown): void {
  if (flags.keep !== undefined) appendFileSync(flags.keep, `${JSON.stringify(line)}\n`);
}

const trials = schedule(parsedKinds(), flags.quick ? 1 : REPEATS, Number(flags.seed));
if (flags.keep !== undefined) writeFileSync(flags.keep, '');
const code = await labSession('npm run bench:verdict', 'sudo npm run bench:verdict', (ending) =>
  Site.with(ending, async (site) => {
    const answers = new SealedAnswers<Answer>();
    const seen = await carryOutAll(site, trials, answers);
    const opened = answers.open();
    keep({ answers: [...opened.values()] });
    report(
      seen.map((views, id) =>
        score(
          opened.get(id)!,
          views.map(({ verdict }) => verdict),
        ),
      ),
    );
    return 0;
  }),
);
process.exitCode ||= code;
