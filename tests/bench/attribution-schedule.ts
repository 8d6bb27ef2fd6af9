/** What is planted when: drawn from a seed, and sealed in a file until the verdicts are in. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockPattern, seededRandom, shuffled } from '../../lab/plant-blocks.ts';
import { PLANT_LAYERS, type PlantLayer } from '../../lab/plant-points.ts';

/** One plant or control as it is carried out. Its id says nothing about it. */
export interface Cell {
  id: number;
  layer: PlantLayer;
  /** 0: a control. */
  delayMs: number;
  blocks: boolean[];
}

export interface Plan {
  sizesMs: number[];
  /** Plants of each layer and size. */
  repeats: number;
  controls: number;
  pairs: number;
}

/** The cells of one guest: plants and controls in a random order. */
export function schedule(plan: Plan, seed: number): Cell[] {
  const random = seededRandom(seed);
  const clean = (count: number) =>
    Array.from({ length: count }, () => ({
      layer: PLANT_LAYERS[Math.floor(random() * PLANT_LAYERS.length)]!,
      delayMs: 0,
    }));
  const plants = PLANT_LAYERS.flatMap((layer) =>
    plan.sizesMs.flatMap((delayMs) => Array.from({ length: plan.repeats }, () => ({ layer, delayMs }))),
  );
  const cells = shuffled([...plants, ...clean(plan.controls)], random);
  return cells.map((cell, id) => ({ id, ...cell, blocks: blockPattern(plan.pairs, random) }));
}

export interface Answer {
  id: number;
  layer: PlantLayer;
  delayMs: number;
  /** What was really planted, by the planter's own clock; null where nothing was. */
  trueNs: number | null;
}

/** The answers of one guest: written by the planter's side, opened when every verdict is given. */
export class SealedAnswers<A extends { id: number } = Answer> {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hopscope-answers-'));
  readonly #file = join(this.#folder, 'answers.jsonl');
  readonly #fd = openSync(this.#file, 'wx', 0o600);

  constructor() {
    // Also where the bench ends early.
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
  }

  seal(answer: A): void {
    writeSync(this.#fd, `${JSON.stringify(answer)}\n`);
  }

  /** The answers by id; the file is gone afterwards. */
  open(): Map<number, A> {
    closeSync(this.#fd);
    const lines = readFileSync(this.#file, 'utf8').split('\n').filter(Boolean);
    rmSync(this.#folder, { recursive: true });
    return new Map(lines.map((line) => JSON.parse(line) as A).map((answer) => [answer.id, answer]));
  }
}
