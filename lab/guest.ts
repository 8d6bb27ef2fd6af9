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
  /** Nginx listens; rejects when the guest says that it gave up, and with a RunawayClock. */
  serving: Promise<void>;
}

export interface GuestEvents {
  /** The agent in the guest ended; `code` is its exit code. */
  onAgentExit: (code: string) => void;
}

/** The guest took a wrong frequency for its clock: a reason to boot again, nothing else is wrong. */
export class RunawayClock extends LabError {}

/** Seen once in some thousand boots under emulation, 30 times as fast: no deadline in the guest holds, no time is right. */
const FASTEST = 3;
/** Lines of the console may be read this much late. */
const LATE_LINE_S = 5;

/**
 * What is wrong with a guest's clock, or null. A slow one is none's fault: the machine is busy.
 * @param guestS between two lines of its console, by its own clock
 * @param hostS between their arrivals
 */
export function clockProblem(guestS: number, hostS: number): string | null {
  if (guestS <= FASTEST * hostS + LATE_LINE_S) return null;
  return `its clock runs ${Math.round(guestS / hostS)} times as fast as this machine's (${guestS.toFixed(1)} s in ${hostS.toFixed(1)} s)`;
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
  let kernelUpS = { guest: 0, host: 0 };
  const child = startChild(insideNamespace(network.host, [QEMU, ...qemuArguments(machine)]), {
    state,
    logFile: consoleFile,
    onLine: (line) => {
      const milestone = /HOPSCOPE (.*?)\r?$/.exec(line)?.[1] ?? '';
      const nowS = { guest: Number(/[\d.]+$/.exec(milestone)?.[0]), host: performance.now() / 1000 };
      if (milestone.startsWith('kernel up')) {
        kernelUpS = nowS;
        kernelUp.resolve();
      } else if (milestone.startsWith('nginx ready')) {
        const problem = clockProblem(nowS.guest - kernelUpS.guest, nowS.host - kernelUpS.host);
        if (problem === null) serving.resolve();
        else serving.reject(new RunawayClock(guestProblem(problem, consoleFile)));
      } else if (milestone.startsWith('agent exit')) events.onAgentExit(milestone.slice(11));
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
