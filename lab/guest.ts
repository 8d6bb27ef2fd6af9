/** One guest: QEMU started in the host namespace, its serial console read for milestones. */
import { join } from 'node:path';
import { cacheDir } from './cache.ts';
import { type Child, startChild } from './child.ts';
import { LabError } from './command.ts';
import { insideNamespace, type LabNetwork } from './network.ts';
import { type GuestMachine, QEMU, qemuArguments } from './qemu.ts';
import type { RunState } from './run-state.ts';
import { logTail } from './services.ts';

export interface Guest {
  child: Child;
  consoleFile: string;
  /** The kernel runs, so QEMU holds the tap. */
  kernelUp: Promise<void>;
  /** Nginx listens; rejects when the guest says that it gave up. */
  serving: Promise<void>;
}

export interface GuestEvents {
  /** The agent in the guest ended; `code` is its exit code. */
  onAgentExit: (code: string) => void;
}

/** Starts QEMU; its console is the guest's word on how far it is. */
export function startGuest(
  machine: GuestMachine,
  network: LabNetwork,
  state: RunState,
  consoleFile: string,
  events: GuestEvents,
): Guest {
  const kernelUp = Promise.withResolvers<void>();
  const serving = Promise.withResolvers<void>();
  const child = startChild(insideNamespace(network.host, [QEMU, ...qemuArguments(machine)]), {
    state,
    logFile: consoleFile,
    onLine: (line) => {
      const milestone = /HOPSCOPE (.*?)\r?$/.exec(line)?.[1] ?? '';
      if (milestone === 'kernel up') kernelUp.resolve();
      else if (milestone === 'nginx ready') serving.resolve();
      else if (milestone.startsWith('agent exit')) events.onAgentExit(milestone.slice(11));
      else if (milestone.startsWith('FAIL'))
        serving.reject(new LabError(guestProblem(milestone.slice(5), consoleFile)));
    },
  });
  // Whoever waits sees the rejection; nobody waiting is no bug.
  serving.promise.catch(() => {});
  return { child, consoleFile, kernelUp: kernelUp.promise, serving: serving.promise };
}

/** What to tell the user when the guest is in trouble, and what to do. */
export function guestProblem(what: string, consoleFile: string): string {
  const nextStep = `Run it again; if it stays so, delete ${join(cacheDir(), 'images')} to have the guest image rebuilt.`;
  return `The guest is in trouble: ${what}.\n${logTail(consoleFile)}\n${nextStep}`;
}
