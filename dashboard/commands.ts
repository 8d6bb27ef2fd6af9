/** Everything that the keyboard can do on this page, as a list: the palette shows it, keys run it. */
import { signal } from '@preact/signals';
import type { Keyed } from './key-sequence.ts';
import { THEMES, theme } from './theme.ts';

export interface Command extends Keyed {
  title: string;
  run(): void;
}

const GO: [key: string, name: string, path: string][] = [
  ['l', 'Live', '/'],
  ['p', 'Path', '/path'],
  ['r', 'Requests', '/requests'],
  ['v', 'Hosts & VMs', '/hosts'],
  ['u', 'Runs', '/runs'],
  ['c', 'Compare', '/compare'],
  ['s', 'SLA', '/slo'],
  ['h', 'Health', '/health'],
];

const EVERYWHERE: Command[] = [
  ...GO.map(([key, name, path]) => ({
    title: `Go to ${name}`,
    keys: `g ${key}`,
    run: () => location.assign(path),
  })),
  ...THEMES.map((name) => ({
    title: `Colours: ${name === 'contrast' ? 'high contrast' : name}`,
    keys: '',
    run: () => {
      theme.value = name;
    },
  })),
];

/** Those of this page first. */
export const commands = signal<readonly Command[]>(EVERYWHERE);

/** Adds what only this page can do; for as long as it is open. */
export function offer(own: readonly Command[]): void {
  commands.value = [...own, ...commands.value];
}
