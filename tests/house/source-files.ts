import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Files that git knows or would add, relative to the root, below the given folders (all of them by default). */
export function sourceFiles(...folders: string[]): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...folders];
  const files = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
  return [...new Set(files)].filter((file) => existsSync(join(ROOT, file))).sort();
}

export function contentOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
