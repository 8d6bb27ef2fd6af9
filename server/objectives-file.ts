/** The file of objectives: read at the start, and again whenever it changes. */
import { readFileSync, type StatsListener, unwatchFile, watchFile } from 'node:fs';
import { faultText, type ObjectivesFile, readObjectives } from './openslo/objectives-text.ts';

/** Each line says where, and what was expected there. */
export class ObjectivesError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** Looked at so often: editors and config maps put a new file in the place of the old one, so it cannot be listened to. */
const WATCH_MS = 1_000;

/** @throws ObjectivesError */
export function loadObjectives(file: string): ObjectivesFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ObjectivesError([
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): give another file.`,
    ]);
  }
  const read = readObjectives(text);
  if (read.ok) return read.file;
  throw new ObjectivesError(read.faults.map((fault) => faultText(file, fault)));
}

/** @param onChange is called whenever the file is another one, or gone @returns what ends that */
export function watchObjectives(file: string, onChange: () => void): () => void {
  const listener: StatsListener = (now, before) => {
    if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino) onChange();
  };
  watchFile(file, { interval: WATCH_MS, persistent: false }, listener);
  return () => unwatchFile(file, listener);
}
