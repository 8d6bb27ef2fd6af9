/** The front door: one table of subcommands, nothing else. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

// Compiled once, read the next time, by threads too: a server serves in two thirds of the time. Where it cannot be
// written nothing is lost. It lies beside the packages, so it goes with them.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/hopscope');
enableCompileCache();
// Threads take types out by WebAssembly, and V8 13.6 can abort where two of them give a wrapper up that was compiled
// better meanwhile ("Check failed: jit_page.has_value()"): so none is.
setFlagsFromString('--wasm-wrapper-tiering-budget=2000000000');

interface Subcommand {
  about: string;
  /** Resolves with the exit code. */
  run: (args: string[]) => Promise<number>;
}

const SUBCOMMANDS: Record<string, Subcommand> = {
  up: {
    about: 'boot a real guest, drive load at it, show each layer live (needs root)',
    run: async (args) => (await import('./lab/main.ts')).main(args),
  },
  server: {
    about: 'take in what agents see, join it, show it: dashboard, API, metrics',
    run: async (args) => (await import('./server/main.ts')).main(args),
  },
  agent: {
    about: 'timestamp requests on this host or in this guest (needs root)',
    run: async (args) => (await import('./agent/main.ts')).main(args),
  },
  top: {
    about: 'layers, slowest requests and health of a running server, in a terminal',
    run: async (args) => (await import('./server/top-main.ts')).main(args),
  },
  compare: {
    about: 'two runs or recordings, layer by layer, with intervals and one sentence',
    run: async (args) => (await import('./server/compare-main.ts')).main(args),
  },
  history: {
    about: 'one number over many runs, and where it changed for good',
    run: async (args) => (await import('./server/history-main.ts')).main(args),
  },
  slo: {
    about: 'objectives: what is promised, whether it is kept, whether a file of them is right',
    run: async (args) => (await import('./server/slo-main.ts')).main(args),
  },
  replay: {
    about: 'show recordings as if they happened now: no VM, no agent, no root',
    run: async (args) => (await import('./server/replay-main.ts')).main(args),
  },
  runs: {
    about: 'what a running server has on record',
    run: async (args) => (await import('./server/runs-main.ts')).main(args),
  },
  run: {
    about: 'one run: start, end, show, rename, note, label, delete, export, import',
    run: async (args) => (await import('./server/runs-main.ts')).main(args.length === 0 ? ['--help'] : args),
  },
  lab: {
    about: 'experiments with real guests: all NIC models side by side (needs root)',
    run: async (args) => (await import('./lab/experiments.ts')).main(args),
  },
};

const [name, ...rest] = process.argv.slice(2);
process.exitCode = await enter(name ?? '--help', rest);

async function enter(command: string, args: string[]): Promise<number> {
  const subcommand = Object.hasOwn(SUBCOMMANDS, command) ? SUBCOMMANDS[command] : undefined;
  if (subcommand) return subcommand.run(args);
  if (command === '--version' || command === '-V') return say(version());
  if (command === 'help' && args[0] && Object.hasOwn(SUBCOMMANDS, args[0])) return enter(args[0], ['--help']);
  if (['--help', '-h', 'help'].includes(command)) return say(usage());
  console.error(`hopscope: there is no "${command}".${suggestion(command)} See: hopscope --help`);
  return 2;
}

function say(text: string): number {
  console.log(text);
  return 0;
}

function version(): string {
  return JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).version;
}

function usage(): string {
  const lines = Object.entries(SUBCOMMANDS).map(([command, { about }]) => `  ${command.padEnd(8)}${about}`);
  return ['Usage: hopscope <command> [flags]', '', ...lines, '', 'hopscope <command> --help shows the flags.'].join(
    '\n',
  );
}

/** The command that shares the longest beginning, if any letter is shared at all. */
function suggestion(typed: string): string {
  const shared = (command: string) => {
    let length = 0;
    while (length < typed.length && typed[length] === command[length]) length++;
    return length;
  };
  const [nearest] = Object.keys(SUBCOMMANDS).sort((a, b) => shared(b) - shared(a));
  return nearest && shared(nearest) > 0 ? ` Did you mean "${nearest}"?` : '';
}
