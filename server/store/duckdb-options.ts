import type { MemoryStoreOptions } from './memory.ts';
import type { Retention } from './upkeep.ts';

/** The server's names of VMs: the file has names, columns have an index. */
export interface VmNames {
  readonly names: readonly string[];
  /** Index of a name, which may be new. */
  named(name: string): number;
}

export interface DuckDbStoreOptions extends Omit<MemoryStoreOptions, 'first'> {
  /** Folder of the database file, made where it is missing. */
  folder: string;
  /** Of this Hopscope. */
  version: string;
  /** Paths kept one by one, a second and run; errors and slow ones may be more. Default: all. */
  rawPerSecond?: number | null;
  /** Default: everything is kept. */
  retention?: Retention;
  /** Called when it is first needed. */
  vms: () => VmNames;
  /** A commit failed, or went well after some that failed (null). */
  onTrouble?: (message: string | null) => void;
}
