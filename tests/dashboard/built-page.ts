/** The page, built once per test file into a directory of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

export const ROOT = join(import.meta.dirname, '../..');

export interface BuiltPage {
  directory: string;
  remove(): Promise<void>;
}

export async function buildPage(): Promise<BuiltPage> {
  const directory = await mkdtemp(join(tmpdir(), 'hopscope-dashboard-'));
  const outDir = { outDir: directory, emptyOutDir: true };
  await build({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn', build: outDir });
  return { directory, remove: () => rm(directory, { recursive: true }) };
}
