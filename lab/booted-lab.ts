/** A lab that is booted, used for a while, and removed without a trace: network, server, guest, both agents. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { copyArtifacts, makeArtifactsDir, makeLogsDir } from './artifacts.ts';
import { LabError } from './command.ts';
import { type Guest, guestProblem, startGuest } from './guest.ts';
import type { KernelVersion } from './guest-kernel.ts';
import { SHELL_PORT } from './guest-shell.ts';
import { type BaseImage, baseImage, type ImageName } from './image.ts';
import { writeInitrd } from './initrd.ts';
import { chooseAccelerator } from './kvm-probe.ts';
import { type LabNetwork, makeNetwork } from './network.ts';
import { type LabNic, NIC_MODELS } from './nic-models.ts';
import type { UplinkKind } from './options.ts';
import { type Accelerator, CONTROL_GATEWAY } from './qemu.ts';
import { RunState } from './run-state.ts';
import { ServerApi } from './server-api.ts';
import {
  ACCESS_LOG_PORT,
  CONTROL_PORT,
  checkPortFree,
  type KeptProcess,
  keepHostAgent,
  keepServer,
  makeToken,
  type ServiceContext,
  startRelay,
} from './services.ts';
import { askUntil, orAborted, within } from './waiting.ts';

export interface LabPlan {
  /** Measured NICs of the guest; each is asked at an address of its own. */
  readonly nics: readonly LabNic[];
  readonly accel: 'auto' | Accelerator;
  readonly kernel: KernelVersion;
  /** Left out: one. */
  readonly vcpus?: number;
  readonly image: ImageName;
  readonly port: number;
  readonly uplink: UplinkKind;
  readonly servicePorts: readonly number[];
  readonly skipProbes: string;
  /** Whether the app behind /app/ is started. */
  readonly app: boolean;
  readonly shell: boolean;
  readonly artifacts: string | null;
  /** Name of the server's first run; left out, the NICs and the accelerator. */
  readonly firstRun?: string;
}

/** What is there to be used. */
export interface Lab {
  readonly api: ServerApi;
  readonly network: LabNetwork;
  readonly state: RunState;
  readonly logsDir: string;
  readonly say: (line: string) => void;
}

/** Seconds where the machine is free; minutes where others emulate beside it. */
const GUEST_LIMIT_MS = 120_000;
const AGENTS_LIMIT_MS = 120_000;
const VM_NAME = 'web1';

/**
 * Boots, and hands the lab to `use` once both agents are attached; resolves with what that gives.
 * Rejects with a LabError, or the reason that `stop` was aborted for. Whatever happens, nothing of it is left.
 */
export async function withLab<T>(plan: LabPlan, stop: AbortController, use: (lab: Lab) => Promise<T>): Promise<T> {
  const say = (line: string) => console.error(`hopscope: ${line}`);
  await checkPortFree(plan.port);
  if (plan.artifacts !== null) makeArtifactsDir(plan.artifacts);
  const image = await baseImage(plan.image, plan.kernel, say, stop.signal);
  const id = randomBytes(3).toString('hex');
  const state = new RunState(id);
  try {
    return await new Boot(plan, stop, state, id, say).run(image, use);
  } finally {
    await state.remove();
  }
}

class Boot {
  readonly #plan: LabPlan;
  readonly #stop: AbortController;
  readonly #state: RunState;
  readonly #id: string;
  readonly #say: (line: string) => void;
  readonly #logsDir: string;
  readonly #startedMs = performance.now();

  constructor(plan: LabPlan, stop: AbortController, state: RunState, id: string, say: (line: string) => void) {
    this.#plan = plan;
    this.#stop = stop;
    this.#state = state;
    this.#id = id;
    this.#say = say;
    this.#logsDir = makeLogsDir(id);
  }

  async run<T>(image: BaseImage, use: (lab: Lab) => Promise<T>): Promise<T> {
    const { nics, port, servicePorts, artifacts, firstRun } = this.#plan;
    const { signal } = this.#stop;
    const { accelerator, why } = await chooseAccelerator(this.#plan.accel, image, this.#state, signal);
    this.#step(`accelerator: ${accelerator.toUpperCase()} (${why})`);
    const offloadHeaders = nics.map(({ model }) => NIC_MODELS[model].offloadHeader);
    const network = await makeNetwork(this.#id, offloadHeaders, this.#state);
    signal.throwIfAborted();

    const { token, tokenFile } = makeToken(this.#state);
    const context = this.#context(tokenFile);
    const server = keepServer(context, port, firstRun ?? `${modelsOf(nics)} ${accelerator}`);
    let hostAgent: KeptProcess | null = null;
    try {
      const guest = this.#boot(image, accelerator, network, token, context);
      await orAborted(startRelay(context, network.host), signal);
      const api = new ServerApi(`http://127.0.0.1:${port}`, token);
      await this.#inTime(guest.kernelUp, 'the kernel did not start');
      hostAgent = keepHostAgent(context, network.host, servicePorts);
      await this.#attached(guest, api);
      return await use({ api, network, state: this.#state, logsDir: this.#logsDir, say: this.#say });
    } finally {
      server.stop();
      hostAgent?.stop();
      if (artifacts !== null) await copyArtifacts(artifacts, this.#logsDir, network, this.#say);
    }
  }

  #boot(
    image: BaseImage,
    accelerator: Accelerator,
    network: LabNetwork,
    token: string,
    context: ServiceContext,
  ): Guest {
    const { nics, vcpus = 1, shell, uplink, servicePorts, skipProbes, app } = this.#plan;
    const initrd = join(this.#state.dir, 'initrd');
    const server = uplink === 'channel' ? 'channel' : `ws://${CONTROL_GATEWAY}:${CONTROL_PORT}/agent`;
    const shellPort = shell ? SHELL_PORT : null;
    writeInitrd(initrd, image, { vm: VM_NAME, nics, server, token, app, servicePorts, skipProbes, shellPort });
    this.#step(`booting a guest with ${modelsOf(nics)}`);
    const qmpSocket = join(this.#state.dir, 'qmp.sock');
    const forwardedPorts = [ACCESS_LOG_PORT, ...(shell ? [SHELL_PORT] : [])];
    const channelSocket = join(this.#state.dir, 'agent.sock');
    const machine = { vm: VM_NAME, image, initrd, nics, accelerator, vcpus, qmpSocket, channelSocket, forwardedPorts };
    const guest = startGuest(machine, network, this.#state, this.#consoleFile, {
      onAgentExit: (code) => context.fatal(this.#guestTrouble(`its agent ended with exit code ${code}`)),
    });
    guest.child.ended.then((how) => context.fatal(this.#guestTrouble(`QEMU ended (${how})`)));
    return guest;
  }

  /** Until both agents have reached the server. */
  async #attached(guest: Guest, api: ServerApi): Promise<void> {
    const { signal } = this.#stop;
    await this.#inTime(guest.serving, 'Nginx did not start');
    this.#step('Nginx serves');
    const attached = await askUntil(
      async () => {
        const agents = (await api.health())?.agents.filter(({ connected }) => connected) ?? [];
        return agents.some(({ role }) => role === 'host') && agents.some(({ role }) => role === 'guest')
          ? agents
          : null;
      },
      AGENTS_LIMIT_MS,
      signal,
    );
    if (attached === null)
      throw this.#guestTrouble(`its agent did not reach the server in ${AGENTS_LIMIT_MS / 1000} s`);
    this.#step('both agents attached');
    for (const { role, stations } of attached) {
      for (const { station, probe, reason } of stations) {
        if (probe === null) this.#say(`station ${station} is missing on the ${role}: ${reason}`);
      }
    }
  }

  #context(tokenFile: string): ServiceContext {
    return {
      state: this.#state,
      logsDir: this.#logsDir,
      tokenFile,
      warn: this.#say,
      fatal: (error) => this.#stop.abort(error),
    };
  }

  async #inTime(milestone: Promise<void>, problem: string): Promise<void> {
    const reached = orAborted(
      milestone.then(() => true),
      this.#stop.signal,
    );
    if ((await within(reached, GUEST_LIMIT_MS)) === null) {
      throw this.#guestTrouble(`${problem} within ${GUEST_LIMIT_MS / 1000} s`);
    }
  }

  get #consoleFile(): string {
    return join(this.#logsDir, 'console.log');
  }

  #guestTrouble(what: string): LabError {
    return new LabError(guestProblem(what, this.#consoleFile));
  }

  #step(what: string): void {
    this.#say(`${((performance.now() - this.#startedMs) / 1000).toFixed(1).padStart(5)} s  ${what}`);
  }
}

function modelsOf(nics: readonly LabNic[]): string {
  return nics.map(({ model }) => model).join(' and ');
}
