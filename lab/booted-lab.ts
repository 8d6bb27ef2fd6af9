/** A lab that is booted, used for a while, and removed without a trace: network, server, guests, all agents. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentView } from '../server/wire/machine-views.ts';
import { copyArtifacts, makeArtifactsDir, makeLogsDir } from './artifacts.ts';
import { LabError } from './command.ts';
import { type Guest, guestProblem, RunawayClock, startGuest } from './guest.ts';
import type { KernelVersion } from './guest-kernel.ts';
import { SHELL_PORT } from './guest-shell.ts';
import { type BaseImage, baseImage, type ImageName } from './image.ts';
import { writeInitrd } from './initrd.ts';
import { chooseAccelerator } from './kvm-probe.ts';
import { checkMemory, type LabVm, type PlacedVm, placedVms, sharingText } from './lab-vm.ts';
import { type LabNetwork, makeNetwork } from './network.ts';
import { NIC_MODELS } from './nic-models.ts';
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
  type Promised,
  promisedFlags,
  type ServiceContext,
  startRelay,
} from './services.ts';
import { askUntil, orAborted, within } from './waiting.ts';

export interface LabPlan extends Promised {
  /** Guests on one bridge, at least one. */
  readonly vms: readonly LabVm[];
  readonly accel: 'auto' | Accelerator;
  readonly kernel: KernelVersion;
  readonly image: ImageName;
  readonly port: number;
  readonly uplink: UplinkKind;
  readonly servicePorts: readonly number[];
  readonly skipProbes: string;
  /** Whether the app behind /app/ is started. */
  readonly app: boolean;
  readonly shell: boolean;
  readonly artifacts: string | null;
  /** Whether only one guest is asked at a time. */
  readonly inTurn?: boolean;
  /** Name of the server's first run; left out, the NICs and the accelerator. */
  readonly firstRun?: string;
}

/** What is there to be used. */
export interface Lab {
  readonly api: ServerApi;
  readonly network: LabNetwork;
  readonly vms: readonly PlacedVm[];
  /** Along `vms`. */
  readonly guests: readonly Guest[];
  readonly state: RunState;
  readonly logsDir: string;
  readonly say: (line: string) => void;
}

/** Seconds where the machine is free; minutes where others emulate beside it. */
const GUEST_LIMIT_MS = 120_000;
const AGENTS_LIMIT_MS = 120_000;

/**
 * Boots, and hands the lab to `use` once both agents are attached; resolves with what that gives.
 * Rejects with a LabError, or the reason that `stop` was aborted for. Whatever happens, nothing of it is left.
 */
export async function withLab<T>(plan: LabPlan, stop: AbortController, use: (lab: Lab) => Promise<T>): Promise<T> {
  const say = (line: string) => console.error(`hopscope: ${line}`);
  await checkPortFree(plan.port);
  checkMemory(plan.vms.length, readFileSync('/proc/meminfo', 'utf8'));
  if (plan.artifacts !== null) makeArtifactsDir(plan.artifacts);
  const images = await imagesOf(plan, say, stop.signal);
  try {
    return await bootOnce(plan, stop, say, images, use);
  } catch (error) {
    if (!(error instanceof RunawayClock)) throw error;
    say(`booting again: ${error.message.split('\n')[0]}`);
    return await bootOnce(plan, stop, say, images, use);
  }
}

async function bootOnce<T>(
  plan: LabPlan,
  stop: AbortController,
  say: (line: string) => void,
  images: Images,
  use: (lab: Lab) => Promise<T>,
): Promise<T> {
  const id = randomBytes(3).toString('hex');
  const state = new RunState(id);
  try {
    return await new Boot(plan, stop, state, id, say).run(images, use);
  } finally {
    await state.remove();
  }
}

/** A base image for each kernel of its guests. */
async function imagesOf(plan: LabPlan, say: (line: string) => void, signal: AbortSignal): Promise<Images> {
  const images: Images = new Map();
  for (const { boot = plan } of plan.vms) {
    if (!images.has(boot.kernel)) images.set(boot.kernel, await baseImage(plan.image, boot.kernel, say, signal));
  }
  return images;
}

type Images = Map<KernelVersion, BaseImage>;

/** What a guest is booted with. */
interface Machine {
  image: BaseImage;
  accelerator: Accelerator;
  vcpus: number;
}

class Boot {
  readonly #plan: LabPlan;
  readonly #vms: readonly PlacedVm[];
  readonly #stop: AbortController;
  readonly #state: RunState;
  readonly #id: string;
  readonly #say: (line: string) => void;
  readonly #logsDir: string;
  readonly #startedMs = performance.now();
  #over = false;

  constructor(plan: LabPlan, stop: AbortController, state: RunState, id: string, say: (line: string) => void) {
    this.#plan = plan;
    this.#vms = placedVms(plan.vms);
    this.#stop = stop;
    this.#state = state;
    this.#id = id;
    this.#say = say;
    this.#logsDir = makeLogsDir(id);
  }

  async run<T>(images: Images, use: (lab: Lab) => Promise<T>): Promise<T> {
    const { port, servicePorts, artifacts, firstRun } = this.#plan;
    const vms = this.#vms;
    const { signal } = this.#stop;
    const machines = await this.#machines(images);
    const sharing = this.#plan.inTurn ? null : sharingText(vms.length);
    if (sharing !== null) this.#say(sharing);
    const offloadHeaders = vms.flatMap(({ nics }) => nics.map(({ model }) => NIC_MODELS[model].offloadHeader));
    const network = await makeNetwork(this.#id, offloadHeaders, this.#state);
    signal.throwIfAborted();

    const { token, tokenFile } = makeToken(this.#state);
    const context = this.#context(tokenFile);
    const server = keepServer(
      context,
      port,
      firstRun ?? `${vms.map(modelsOf).join(' and ')} ${machines[0]!.accelerator}`,
      promisedFlags(this.#plan),
    );
    let hostAgent: KeptProcess | null = null;
    try {
      const guests = vms.map((vm, at) => this.#boot(vm, machines[at]!, network, token, context));
      await orAborted(startRelay(context, network.host), signal);
      const api = new ServerApi(`http://127.0.0.1:${port}`, token);
      for (const guest of guests) await this.#inTime(guest, guest.kernelUp, 'the kernel did not start');
      hostAgent = keepHostAgent(context, network.host, servicePorts);
      await this.#attached(guests, api);
      return await use({ api, network, vms, guests, state: this.#state, logsDir: this.#logsDir, say: this.#say });
    } finally {
      this.#over = true;
      server.stop();
      hostAgent?.stop();
      if (artifacts !== null) await copyArtifacts(artifacts, this.#logsDir, network, vms, this.#say);
    }
  }

  /** Along the guests. A way to run them that is not there is found before any is booted. */
  async #machines(images: Images): Promise<Machine[]> {
    const machines: Machine[] = [];
    const said = new Set<string>();
    for (const { boot = { ...this.#plan, vcpus: 1 } } of this.#vms) {
      const image = images.get(boot.kernel)!;
      const { accelerator, why } = await chooseAccelerator(boot.accel, image, this.#state, this.#stop.signal);
      if (!said.has(accelerator)) this.#step(`accelerator: ${accelerator.toUpperCase()} (${why})`);
      said.add(accelerator);
      machines.push({ image, accelerator, vcpus: boot.vcpus });
    }
    return machines;
  }

  #boot(vm: PlacedVm, booted: Machine, network: LabNetwork, token: string, context: ServiceContext): Guest {
    const { shell, uplink, servicePorts, skipProbes, app } = this.#plan;
    const { nics, firstNic, suffix } = vm;
    const initrd = join(this.#state.dir, `initrd${suffix}`);
    const server = uplink === 'channel' ? 'channel' : `ws://${CONTROL_GATEWAY}:${CONTROL_PORT}/agent`;
    const shellPort = shell ? SHELL_PORT : null;
    const settings = { vm: vm.name, nics, firstNic, server, token, app, servicePorts, skipProbes, shellPort };
    writeInitrd(initrd, booted.image, settings);
    this.#step(`booting ${suffix === '' ? 'a guest' : vm.name} with ${modelsOf(vm)}`);
    const qmpSocket = qmpSocketOf(this.#state, vm);
    const forwardedPorts = [{ host: vm.accessLogPort, guest: ACCESS_LOG_PORT }];
    if (shell) forwardedPorts.push({ host: vm.shellPort, guest: SHELL_PORT });
    const channelSocket = join(this.#state.dir, `agent${suffix}.sock`);
    const sockets = { qmpSocket, channelSocket, forwardedPorts };
    const machine = { ...booted, vm: vm.name, initrd, nics, firstNic, ...sockets };
    const consoleFile = join(this.#logsDir, `console${suffix}.log`);
    const trouble = (what: string) => context.fatal(guestTrouble(guest, what));
    const guest = startGuest(machine, network, this.#state, consoleFile, {
      onAgentExit: (code) => trouble(`its agent ended with exit code ${code}`),
    });
    guest.child.ended.then((how) => trouble(`QEMU ended (${how})`));
    return guest;
  }

  /** Until all agents have reached the server: the host's, and that of every guest. */
  async #attached(guests: readonly Guest[], api: ServerApi): Promise<void> {
    for (const guest of guests) await this.#inTime(guest, guest.serving, 'Nginx did not start');
    this.#step('Nginx serves');
    let attached: AgentView[] = [];
    const isAway = ({ name }: LabVm) => !attached.some(({ role, hostname }) => role === 'guest' && hostname === name);
    await askUntil(
      async () => {
        attached = (await api.health())?.agents.filter(({ connected }) => connected) ?? [];
        return attached.some(({ role }) => role === 'host') && !this.#vms.some(isAway) ? attached : null;
      },
      AGENTS_LIMIT_MS,
      this.#stop.signal,
    );
    const away = this.#vms.findIndex(isAway);
    if (away >= 0)
      throw guestTrouble(guests[away]!, `its agent did not reach the server in ${AGENTS_LIMIT_MS / 1000} s`);
    this.#step(guests.length === 1 ? 'both agents attached' : `the host's agent and ${guests.length} guests' attached`);
    this.#tellMissing(attached);
  }

  #tellMissing(agents: readonly AgentView[]): void {
    for (const { role, hostname, stations } of agents) {
      const where = role === 'guest' && this.#vms.length > 1 ? hostname : `the ${role}`;
      for (const { station, probe, reason } of stations) {
        if (probe === null) this.#say(`station ${station} is missing on ${where}: ${reason}`);
      }
    }
  }

  #context(tokenFile: string): ServiceContext {
    return {
      state: this.#state,
      logsDir: this.#logsDir,
      tokenFile,
      warn: this.#say,
      // What ends while the lab is taken down is no trouble.
      fatal: (error) => this.#over || this.#stop.abort(error),
    };
  }

  async #inTime(guest: Guest, milestone: Promise<void>, problem: string): Promise<void> {
    const reached = orAborted(
      milestone.then(() => true),
      this.#stop.signal,
    );
    if ((await within(reached, GUEST_LIMIT_MS)) === null) {
      throw guestTrouble(guest, `${problem} within ${GUEST_LIMIT_MS / 1000} s`);
    }
  }

  #step(what: string): void {
    this.#say(`${((performance.now() - this.#startedMs) / 1000).toFixed(1).padStart(5)} s  ${what}`);
  }
}

/** Where QEMU's machine protocol is spoken. */
export function qmpSocketOf({ dir }: RunState, { suffix }: PlacedVm): string {
  return join(dir, `qmp${suffix}.sock`);
}

function guestTrouble({ consoleFile }: Guest, what: string): LabError {
  return new LabError(guestProblem(what, consoleFile));
}

function modelsOf({ nics }: LabVm): string {
  return nics.map(({ model }) => model).join(' and ');
}
