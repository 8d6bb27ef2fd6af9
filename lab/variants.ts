/** What is compared: the ways in which the same guest is asked. */
import { measuredNic } from './network.ts';
import type { NicModel } from './nic-models.ts';

export interface Variant {
  /** Of its run and its files; no two have the same. */
  name: string;
  nic: NicModel;
  /** Where the guest is asked by it. */
  address: string;
}

/** One for each NIC; where a model comes several times, they are lettered. */
export function nicVariants(nics: readonly NicModel[]): Variant[] {
  return nics.map((nic, index) => {
    const before = nics.slice(0, index).filter((other) => other === nic).length;
    const isAlone = nics.indexOf(nic) === nics.lastIndexOf(nic);
    const name = isAlone ? nic : `${nic}-${String.fromCharCode(65 + before)}`;
    return { name, nic, address: measuredNic(index).guestAddress };
  });
}
