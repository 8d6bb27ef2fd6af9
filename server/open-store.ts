/** The store that the options ask for. */
import type { Logger } from 'pino';
import type { ServerOptions } from './options.ts';
import { DuckDbStore } from './store/duckdb.ts';
import type { VmNames } from './store/duckdb-options.ts';
import { MemoryStore } from './store/memory.ts';
import { VERSION } from './version.ts';

/**
 * @param options `store` null for memory
 * @param vms called once paths are appended or read
 * @throws StoreError
 */
export async function openStore(
  { store: folder, retention, rawPerSecond }: Pick<ServerOptions, 'store' | 'retention' | 'rawPerSecond'>,
  vms: () => VmNames,
  log: Logger,
): Promise<MemoryStore | DuckDbStore> {
  if (folder === null) return new MemoryStore({ vmNames: () => vms().names });
  const onTrouble = (reason: string | null) => {
    if (reason === null) log.info({ store: folder }, 'the store takes paths again');
    else log.error({ store: folder, reason }, 'the store takes no paths: they wait in memory and at the agents');
  };
  return DuckDbStore.open({ folder, retention, rawPerSecond, version: VERSION, vms, onTrouble });
}
