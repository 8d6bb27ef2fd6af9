/** `hopscope up`: options and exit code. The run itself is in up.ts. */
import { parseLabOptions } from './options.ts';
import { labSession } from './session.ts';
import { up } from './up.ts';

/** Resolves with the exit code: 0 done, 1 failed, 2 wrong flags, 128 + n ended by a signal. */
export async function main(args: string[]): Promise<number> {
  const parsed = parseLabOptions(args);
  if (!parsed.ok) return parsed.exitCode;
  return labSession('hopscope up', 'sudo npm start', (ending) => up(parsed.options, ending));
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
