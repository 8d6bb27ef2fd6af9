/** Where built things are kept between runs, and how two builders keep out of each other's way. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isRunning } from './process-identity.ts';

const UNUSED_MS = 30 * 24 * 3600 * 1000;

export function cacheDir(): string {
  const own = process.env.HOPSCOPE_CACHE;
  return own || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hopscope');
}

/**
 * The folder `name` under `parent`, made by `build` (into a temporary folder that
 * is renamed at the end, so a half-built one is never seen) unless it is there.
 * Of folders with the same `prefix` the `keep` last used stay; what was not used for a month goes.
 */
export async function cachedFolder(
  parent: string,
  prefix: string,
  hash: string,
  build: (folder: string) => Promise<void>,
  keep = 2,
): Promise<string> {
  mkdirSync(parent, { recursive: true });
  const folder = join(parent, `${prefix}-${hash}`);
  if (!isFolder(folder)) {
    const unlock = await lock(join(parent, `${prefix}.lock`));
    try {
      if (!isFolder(folder)) await buildInto(folder, build);
    } finally {
      unlock();
    }
  }
  const now = new Date();
  utimesSync(folder, now, now);
  prune(parent, prefix, keep);
  return folder;
}

async function buildInto(folder: string, build: (folder: string) => Promise<void>): Promise<void> {
  const temporary = `${folder}.building`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  try {
    await build(temporary);
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Waits for another live builder; a lock whose owner is gone is taken over. */
async function lock(path: string): Promise<() => void> {
  const own = JSON.stringify(identify(process.pid));
  for (;;) {
    try {
      writeFileSync(path, own, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (isAbandoned(path)) rmSync(path, { force: true });
      else await delay(200);
    }
  }
}

function isAbandoned(path: string): boolean {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8'));
    return !isRunning(owner);
  } catch {
    // Just removed, or being written: not ours to judge unless it stays so.
    return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 5000;
  }
}

function prune(parent: string, prefix: string, keep: number): void {
  const folders = readdirSync(parent)
    .filter((name) => !/\.(building|lock)$/.test(name))
    .map((name) => ({ name, path: join(parent, name), usedMs: usedMs(join(parent, name)) }))
    .sort((a, b) => b.usedMs - a.usedMs);
  const superseded = folders.filter(({ name }) => name.startsWith(`${prefix}-`)).slice(keep);
  const unused = folders.filter((folder) => folder.usedMs < Date.now() - UNUSED_MS);
  for (const { path } of [...superseded, ...unused]) rmSync(path, { recursive: true, force: true });
}

/** Somebody else may have pruned it just now. */
function usedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
