/** Which command a key runs, alone or after those pressed just before it. Pure. */

export interface Keyed {
  /** Pressed one after the other: `g h`; empty where no key runs it. */
  keys: string;
}

/** @returns the command, or what is kept of the keys for the next one: a longer sequence goes before a single key */
export function nextKey<T extends Keyed>(
  before: string,
  key: string,
  all: readonly T[],
): { command: T | null; kept: string } {
  // The space bar belongs to buttons.
  if (key.trim() === '') return { command: null, kept: '' };
  for (const keys of [`${before} ${key}`.trim(), key]) {
    const command = all.find((each) => each.keys === keys);
    if (command) return { command, kept: '' };
    if (all.some((each) => each.keys.startsWith(`${keys} `))) return { command: null, kept: keys };
  }
  return { command: null, kept: '' };
}
