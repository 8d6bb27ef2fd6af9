/** What is compared: the ways in which the same guest is asked. */
import { measuredNic } from './network.ts';
import type { LabNic, NicModel, Offloads } from './nic-models.ts';

export interface Variant {
  /** Of its run and its files; no two have the same. */
  name: string;
  nic: LabNic;
  /** Where the guest is asked by it. */
  address: string;
}

/** Every model with every setting; what comes several times is lettered. */
export function variantsOf(models: readonly NicModel[], settings: readonly Offloads[]): Variant[] {
  const nics = models.flatMap((model) => settings.map((offloads): LabNic => ({ model, offloads })));
  const names = nics.map(({ model, offloads }) => (settings.length > 1 ? `${model}-offloads-${offloads}` : model));
  return nics.map((nic, index) => {
    return { name: apart(names, index), nic, address: measuredNic(index).guestAddress };
  });
}

function apart(names: readonly string[], index: number): string {
  const name = names[index]!;
  if (names.indexOf(name) === names.lastIndexOf(name)) return name;
  const before = names.slice(0, index).filter((other) => other === name).length;
  return `${name}-${String.fromCharCode(65 + before)}`;
}
