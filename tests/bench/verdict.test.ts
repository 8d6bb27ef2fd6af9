import { describe, expect, it } from 'vitest';
import type { EpisodeVerdict } from '../../server/wire/episode-views.ts';
import { type Answer, KINDS, schedule, truthOf } from './verdict-schedule.ts';
import { missedTargets, type Score, score, tableOf } from './verdict-score.ts';

const HOG: Answer = { id: 0, kind: 'host hog', way: 'in', size: 0.5, startS: 15, stolen: 0.01, attempts: 2 };
const LOSS: Answer = { ...HOG, id: 1, kind: 'guest loss', way: 'out' };
const CALM: Answer = { ...HOG, id: 2, kind: 'calm' };

function verdict(side: EpisodeVerdict['side'], part: EpisodeVerdict['part']): EpisodeVerdict {
  return {
    ...{ side, part, sentence: `${side}, ${part}`, doubts: [], requests: { bad: 100, usual: 400 }, excessNs: 1e6 },
    sides: [
      { side: 'platform', permille: 900, low: 850, high: 950 },
      { side: 'tenant', permille: 100, low: 50, high: 150 },
    ],
    ...{ parts: [], evidence: [], neighbour: null, process: null },
  };
}

const RIGHT = score(HOG, [verdict('platform', 'steal')]);

function many(count: number, one: Score): Score[] {
  return Array.from({ length: count }, () => one);
}

describe('schedule', () => {
  const trials = schedule(KINDS, 3, 7);

  it('is the same for the same seed, and another for another', () => {
    expect(schedule(KINDS, 3, 7)).toEqual(trials);
    expect(schedule(KINDS, 3, 8)).not.toEqual(trials);
  });

  it('has each kind as often as asked, both ways, in an order that says nothing', () => {
    expect(trials.map(({ id }) => id)).toEqual(trials.map((_, n) => n));
    for (const kind of KINDS) {
      const own = trials.filter((trial) => trial.kind === kind);
      expect(own).toHaveLength(3);
      expect(new Set(own.map(({ way }) => way))).toEqual(new Set(['in', 'out']));
    }
    expect(trials.map(({ kind }) => kind)).not.toEqual(KINDS.flatMap((kind) => [kind, kind, kind]));
  });

  it('knows the layer of a loss by its place and its way', () => {
    expect(truthOf({ kind: 'host loss', way: 'out' })).toEqual({ side: 'platform', parts: ['switch.out'] });
    expect(truthOf({ kind: 'guest loss', way: 'in' })).toEqual({ side: 'tenant', parts: ['tcp.in'] });
    expect(truthOf({ kind: 'calm', way: 'in' })).toBeNull();
  });
});

describe('score', () => {
  it('takes the side, its share and the layer', () => {
    expect(RIGHT).toMatchObject({
      outcome: 'right',
      isLayerRight: true,
      share: { permille: 900, low: 850, high: 950 },
    });
    expect(score(HOG, [verdict('platform', 'vnic')])).toMatchObject({ outcome: 'right', isLayerRight: false });
    expect(score(HOG, [verdict('platform', null)]).isLayerRight).toBe(false);
    expect(score(LOSS, [verdict('tenant', 'tcp.out')])).toMatchObject({ outcome: 'right', isLayerRight: true });
  });

  it('is as bad as the worst of several episodes', () => {
    const [right, open] = [verdict('platform', 'steal'), verdict('undetermined', null)];
    expect(score(HOG, [right, open])).toMatchObject({ outcome: 'undetermined', isLayerRight: null, share: null });
    expect(score(HOG, [right, open, verdict('tenant', 'wait')]).outcome).toBe('wrong');
  });

  it('counts a plant without an episode, and a control with one', () => {
    expect(score(HOG, []).outcome).toBe('none');
    expect(score(CALM, []).outcome).toBe('quiet');
    expect(score(CALM, [verdict('undetermined', null)]).outcome).toBe('raised');
    expect(score({ ...CALM, stolen: 0.2 }, [verdict('undetermined', null)]).outcome).toBe('disturbed');
  });
});

describe('the targets', () => {
  it('are met by right verdicts, a tenth of undetermined ones, and controls that raise nothing', () => {
    expect(missedTargets([...many(9, RIGHT), score(HOG, [verdict('undetermined', null)]), score(CALM, [])])).toEqual(
      [],
    );
  });

  it.each([
    ['a wrong side', score(HOG, [verdict('tenant', 'wait')]), /1 of 100 verdicts are wrong/],
    ['a control that raises', score(CALM, [verdict('undetermined', null)]), /1 controls raised/],
  ])('are missed by %s', (_what, one, message) => {
    expect(missedTargets([...many(99, RIGHT), one]).join()).toMatch(message);
  });

  it('are missed by plants that raise nothing, by too many undetermined, and by wrong layers', () => {
    expect(missedTargets([...many(49, RIGHT), score(HOG, [])]).join()).toMatch(/49 of 50 verdicts are right or/);
    const open = score(HOG, [verdict('undetermined', null)]);
    expect(missedTargets([...many(8, RIGHT), ...many(2, open)])).toEqual(['2 of 10 verdicts are undetermined']);
    const vnic = score(HOG, [verdict('platform', 'vnic')]);
    expect(missedTargets([...many(9, RIGHT), vnic])).toEqual(['9 of 10 layers are right']);
  });

  it('are told in a row for each kind', () => {
    const lines = tableOf([RIGHT, score(CALM, [])]);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^host hog +1 +1 +0 +0 +0 +1 +90\.0 % \(85\.0 to 95\.0\)$/);
    expect(lines[2]).toMatch(/^calm +1 /);
    expect(lines[3]).toBe(
      'this machine was kept from 1.0 % of its CPU time at most: 2 trials done again, 0 controls disturbed all the same',
    );
  });
});
