/** What outlives a run: its logs for a while, and what the user asked to keep. */
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from './cache.ts';
import { LabError, runCommand } from './command.ts';
import type { PlacedVm } from './lab-vm.ts';
import { insideNamespace, type LabNetwork } from './network.ts';
import { stateDir } from './run-state.ts';

/** A guest that is stuck takes connections but never answers. */
const ACCESS_LOG_LIMIT_MS = 10_000;
const KEPT_LOGS = 10;

/** Before the run, not after it: what cannot be kept is said at once. */
export function makeArtifactsDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new LabError(`--artifacts ${path} cannot be written to (${(error as Error).message}): name another folder.`);
  }
}

/** The logs, and what Nginx itself counted, for those who want to compare. */
export async function copyArtifacts(
  target: string,
  logsDir: string,
  network: LabNetwork,
  vms: readonly PlacedVm[],
  say: (line: string) => void,
): Promise<void> {
  for (const vm of vms) await copyAccessLog(target, network, vm, say);
  for (const name of readdirSync(logsDir)) copyFileSync(join(logsDir, name), join(target, name));
}

async function copyAccessLog(
  target: string,
  network: LabNetwork,
  { accessLogPort, suffix }: PlacedVm,
  say: (line: string) => void,
): Promise<void> {
  const url = `http://127.0.0.1:${accessLogPort}/access.log`;
  const limit = `{ signal: AbortSignal.timeout(${ACCESS_LOG_LIMIT_MS}) }`;
  const read = `process.stdout.write(Buffer.from(await (await fetch('${url}', ${limit})).arrayBuffer()))`;
  const command = insideNamespace(network.host, [process.execPath, '--input-type=module', '-e', read]);
  const log = await runCommand(command[0]!, command.slice(1)).catch(() =>
    say(`the guest${suffix.replace('-', ' ')} did not hand out its access log: the artifacts are without it`),
  );
  if (log) writeFileSync(join(target, `access${suffix}.log`), log);
}

/** Logs outlive their run (the newest ten do, and those of runs that last): a message that names one must not point at nothing. */
export function makeLogsDir(id: string): string {
  const parent = join(cacheDir(), 'logs');
  mkdirSync(parent, { recursive: true });
  const name = `${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${id}`;
  mkdirSync(join(parent, name));
  const mayGo = (log: string) => !existsSync(join(stateDir(), log.slice(log.lastIndexOf('-') + 1)));
  for (const old of readdirSync(parent).sort().slice(0, -KEPT_LOGS).filter(mayGo)) {
    rmSync(join(parent, old), { recursive: true, force: true });
  }
  return join(parent, name);
}
