/**
 * An SLO of several objectives with weights: which of them carries what burns.
 * OpenSLO names the weights and no formula; here a part burns its own budget,
 * and counts as much as it weighs. Pure: the report's verifier runs it again.
 */
import type { CompositeData, CompositePart } from '../wire/episode-views.ts';
import { permilleOf } from './rounded-shares.ts';

/** The one that carries most first. @returns shares that add up to 1000; null where nothing burns */
export function compositeParts({ parts }: CompositeData): CompositePart[] {
  const burns = parts.map(({ total, bad, budget }) => (total > 0 ? bad / total / budget : null));
  const weighted = parts.map(({ weight }, i) => weight * (burns[i] ?? 0));
  const isBurning = weighted.some((burn) => burn > 0);
  const shares = isBurning ? permilleOf(weighted) : weighted.map(() => null);
  return parts
    .map(({ objective, weight }, i) => ({ objective, weight, burn: burns[i]!, permille: shares[i]! }))
    .sort((a, b) => (b.permille ?? 0) - (a.permille ?? 0));
}

/** In a sentence: who carries it. */
export function compositeSentence(composite: CompositeData): string {
  const [most] = compositeParts(composite);
  if (most === undefined || most.permille === null) return `Nothing of ${composite.slo} burns in that time.`;
  return `Of ${composite.slo}, ${most.objective} carries ${(most.permille / 10).toFixed(1)} % of what burns.`;
}
