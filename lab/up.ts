/** One run of the lab, from nothing to the summary and back to nothing. */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from './cache.ts';
import { LabError, runCommand } from './command.ts';
import { type Guest, guestProblem, startGuest } from './guest.ts';
import { SHELL_PORT } from './guest-shell.ts';
import { type BaseImage, baseImage } from './image.ts';
import { writeInitrd } from './initrd.ts';
import { chooseAccelerator } from './kvm-probe.ts';
import { driveLoad } from './load-run.ts';
import { insideNamespace, type LabNetwork, makeNetwork } from './network.ts';
import { NIC_MODELS } from './nic-models.ts';
import type { LabOptions } from './options.ts';
import { type Accelerator, CONTROL_GATEWAY } from './qemu.ts';
import { RunState, stateDir } from './run-state.ts';
import { ServerApi } from './server-api.ts';
import {
  CONTROL_PORT,
  checkPortFree,
  type KeptProcess,
  keepHostAgent,
  keepServer,
  makeToken,
  type ServiceContext,
  startRelay,
} from './services.ts';
import { loadText, summaryTable } from './table.ts';
import { askUntil, orAborted, within } from './waiting.ts';

/** How a run ends before its time: `finish` ends the load only, `stop` everything, for its reason. */
export interface Ending {
  finish: AbortController;
  stop: AbortController;
}

/** Seconds where the machine is free; minutes where others emulate beside it. */
const GUEST_LIMIT_MS = 120_000;
const AGENTS_LIMIT_MS = 120_000;
const LAST_RECORDS_LIMIT_MS = 15_000;
const SETTLED_AFTER_MS = 3_000;
const ACCESS_LOG_PORT = 7118;
/** A guest that is stuck takes connections but never answers. */
const ACCESS_LOG_LIMIT_MS = 10_000;
const KEPT_LOGS = 10;
const VM_NAME = 'web1';

/** Runs to the end and resolves with the exit code. Whatever happens, nothing of it is left. */
export async function up(options: LabOptions, ending: Ending): Promise<number> {
  const say = (line: string) => console.error(`hopscope: ${line}`);
  await checkPortFree(options.port);
  if (options.artifacts !== null) makeArtifactsDir(options.artifacts);
  const image = await baseImage(options.image, options.kernel, say, ending.stop.signal);
  const id = randomBytes(3).toString('hex');
  const state = new RunState(id);
  try {
    return await new Run(options, ending, state, id, say).run(image);
  } finally {
    await state.remove();
  }
}

class Run {
  readonly #options: LabOptions;
  readonly #ending: Ending;
  readonly #state: RunState;
  readonly #id: string;
  readonly #say: (line: string) => void;
  readonly #logsDir: string;
  readonly #startedMs = performance.now();

  constructor(options: LabOptions, ending: Ending, state: RunState, id: string, say: (line: string) => void) {
    this.#options = options;
    this.#ending = ending;
    this.#state = state;
    this.#id = id;
    this.#say = say;
    this.#logsDir = makeLogsDir(id);
  }

  async run(image: BaseImage): Promise<number> {
    const { nic } = this.#options;
    const { signal } = this.#ending.stop;
    const { accelerator, why } = await chooseAccelerator(this.#options.accel, image, this.#state, signal);
    this.#step(`accelerator: ${accelerator.toUpperCase()} (${why})`);
    const network = await makeNetwork(this.#id, NIC_MODELS[nic].offloadHeader, this.#state);
    signal.throwIfAborted();

    const { token, tokenFile } = makeToken(this.#state);
    const context = this.#context(tokenFile);
    const server = keepServer(context, this.#options.port, `${nic} ${accelerator}`);
    let hostAgent: KeptProcess | null = null;
    try {
      const guest = this.#boot(image, accelerator, network, token, context);
      await orAborted(startRelay(context, network.host), signal);
      const api = new ServerApi(`http://127.0.0.1:${this.#options.port}`, token);
      await this.#inTime(guest.kernelUp, 'the kernel did not start');
      hostAgent = keepHostAgent(context, network.host, this.#options.servicePorts);
      await this.#attached(guest, api);
      this.#announce(api.url, network);
      return await this.#measure(network, api);
    } finally {
      server.stop();
      hostAgent?.stop();
      await this.#keepArtifacts(network);
    }
  }

  #boot(
    image: BaseImage,
    accelerator: Accelerator,
    network: LabNetwork,
    token: string,
    context: ServiceContext,
  ): Guest {
    const { nic, shell, uplink, servicePorts, skipProbes, path } = this.#options;
    const app = path.startsWith('/app/');
    const initrd = join(this.#state.dir, 'initrd');
    const server = uplink === 'channel' ? 'channel' : `ws://${CONTROL_GATEWAY}:${CONTROL_PORT}/agent`;
    const shellPort = shell ? SHELL_PORT : null;
    writeInitrd(initrd, image, { vm: VM_NAME, nic, server, token, app, servicePorts, skipProbes, shellPort });
    this.#step(`booting a guest with ${nic}`);
    const qmpSocket = join(this.#state.dir, 'qmp.sock');
    const forwardedPorts = [ACCESS_LOG_PORT, ...(shell ? [SHELL_PORT] : [])];
    const channelSocket = join(this.#state.dir, 'agent.sock');
    const machine = { vm: VM_NAME, image, initrd, nic, accelerator, qmpSocket, channelSocket, forwardedPorts };
    const guest = startGuest(machine, network, this.#state, this.#consoleFile, {
      onAgentExit: (code) => context.fatal(this.#guestTrouble(`its agent ended with exit code ${code}`)),
    });
    guest.child.ended.then((how) => context.fatal(this.#guestTrouble(`QEMU ended (${how})`)));
    return guest;
  }

  /** Until both agents have reached the server. */
  async #attached(guest: Guest, api: ServerApi): Promise<void> {
    const { signal } = this.#ending.stop;
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

  async #measure(network: LabNetwork, api: ServerApi): Promise<number> {
    const { signal } = this.#ending.stop;
    const load = await driveLoad(this.#options, network, this.#state, this.#logsDir, api, this.#ending);
    if (load.refused > 0) this.#say(`${load.refused} answers had a status of 400 or above`);
    await this.#lastRecords(api, load.summary.answered);
    const summary = await askUntil(() => api.putLoad(load.summary), LAST_RECORDS_LIMIT_MS, signal);
    if (summary === null) throw new LabError('The server did not answer with a summary at the end.');
    if (this.#options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else process.stdout.write(`${[...summaryTable(summary), loadText(load.summary)].join('\n')}\n`);
    return 0;
  }

  /** Until as many are joined as were answered, or the number has stopped growing. */
  async #lastRecords(api: ServerApi, answered: number): Promise<void> {
    let joined = -1;
    let grewMs = performance.now();
    await askUntil(
      async () => {
        const now = (await api.summary())?.exchanges.joined ?? joined;
        if (now !== joined) grewMs = performance.now();
        joined = now;
        return joined >= answered || performance.now() - grewMs > SETTLED_AFTER_MS ? joined : null;
      },
      LAST_RECORDS_LIMIT_MS,
      this.#ending.stop.signal,
    );
  }

  #announce(url: string, network: LabNetwork): void {
    this.#say(`dashboard: ${url}`);
    if (this.#options.shell) {
      this.#say(`shell in the guest: ip netns exec ${network.host} busybox nc 127.0.0.1 ${SHELL_PORT}`);
    }
    if (this.#options.browser && (process.env.DISPLAY || process.env.WAYLAND_DISPLAY)) {
      runCommand('xdg-open', [url]).catch(() => {});
    }
  }

  /** The logs, and what Nginx itself counted, for those who want to compare. */
  async #keepArtifacts(network: LabNetwork): Promise<void> {
    const target = this.#options.artifacts;
    if (target === null) return;
    const url = `http://127.0.0.1:${ACCESS_LOG_PORT}/access.log`;
    const limit = `{ signal: AbortSignal.timeout(${ACCESS_LOG_LIMIT_MS}) }`;
    const read = `process.stdout.write(Buffer.from(await (await fetch('${url}', ${limit})).arrayBuffer()))`;
    const command = insideNamespace(network.host, [process.execPath, '--input-type=module', '-e', read]);
    const log = await runCommand(command[0]!, command.slice(1)).catch(() =>
      this.#say('the guest did not hand out its access log: the artifacts are without it'),
    );
    if (log) writeFileSync(join(target, 'access.log'), log);
    for (const name of readdirSync(this.#logsDir)) copyFileSync(join(this.#logsDir, name), join(target, name));
  }

  #context(tokenFile: string): ServiceContext {
    return {
      state: this.#state,
      logsDir: this.#logsDir,
      tokenFile,
      warn: this.#say,
      fatal: (error) => this.#ending.stop.abort(error),
    };
  }

  async #inTime(milestone: Promise<void>, problem: string): Promise<void> {
    const reached = orAborted(
      milestone.then(() => true),
      this.#ending.stop.signal,
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

/** Before the run, not after it: what cannot be kept is said at once. */
function makeArtifactsDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new LabError(`--artifacts ${path} cannot be written to (${(error as Error).message}): name another folder.`);
  }
}

/** Logs outlive their run (the newest ten do, and those of runs that last): a message that names one must not point at nothing. */
function makeLogsDir(id: string): string {
  const parent = join(cacheDir(), 'logs');
  mkdirSync(parent, { recursive: true });
  const name = `${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${id}`;
  mkdirSync(join(parent, name));
  const mayGo = (log: string) => !existsSync(join(stateDir(), log.slice(log.lastIndexOf('-') + 1)));
  for (const old of readdirSync(parent).sort().slice(0, -KEPT_LOGS).filter(mayGo)) {
    rmSync(join(parent, old), { recursive: true, force: true });
  }
  return join(parent, name);
}
