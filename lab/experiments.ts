/** `hopscope lab`: one table of experiments. */
import { compare } from './compare.ts';
import { nics } from './nics.ts';
import { plant } from './plant.ts';

const EXPERIMENTS: Record<string, { about: string; run: (args: string[]) => Promise<number> }> = {
  compare: { about: 'NICs in one guest, or guests, in turn, with honest statistics (needs root)', run: compare },
  nics: { about: 'the six NIC models side by side, layer by layer (needs root)', run: nics },
  plant: { about: 'a known delay in one layer, or a CPU hog, and what Hopscope makes of it (needs root)', run: plant },
};

function usage(): string {
  const lines = Object.entries(EXPERIMENTS).map(([name, { about }]) => `  ${name.padEnd(8)}${about}`);
  return ['Usage: hopscope lab <experiment> [flags]', '', ...lines].join('\n');
}

/** @param args the words after `hopscope lab` @returns the exit code */
export async function main(args: string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  const experiment = Object.hasOwn(EXPERIMENTS, name) ? EXPERIMENTS[name] : undefined;
  if (experiment) return experiment.run(rest);
  if (['--help', '-h', 'help'].includes(name)) {
    console.log(usage());
    return 0;
  }
  console.error(`hopscope lab: there is no "${name}". See: hopscope lab --help`);
  return 2;
}
