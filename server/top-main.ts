/** `hopscope top`: layers, slowest requests and health in a terminal, from the page's own live stream. */
import { Command, CommanderError, Option } from 'commander';
import { RemoteError, RemoteServer } from './remote-server.ts';
import { LiveLine } from './top/live-line.ts';
import { type Size, screen, type TopQuantile, type View } from './top/screen.ts';
import { ansiStyle, plainStyle } from './top/style.ts';
import { Terminal } from './top/terminal.ts';
import { SECONDS_KEPT, Watched } from './top/watched.ts';
import type { LiveMessage } from './wire/live-views.ts';
import type { PathView } from './wire/views.ts';

interface TopFlags {
  server: string;
  vm: string;
  quantile: TopQuantile;
  order: View['order'];
  once: boolean;
  json: boolean;
}

const QUANTILES = ['p50', 'p90', 'p99'] as const;
const ORDERS = ['slowest', 'newest'] as const;
const REQUESTS = 20;
const REQUESTS_EVERY_MS = 2_000;
/** Of a pipe: as wide as reports commonly are, and as long as it needs to be. */
const PAGE: Size = { columns: 120, rows: 60 };
const KEYS = 'Keys: v next VM, 5 9 0 p50 p90 p99, o slowest or newest requests, p pause, q quit.';

function command(): Command {
  return new Command('hopscope top')
    .description(`Layers, slowest requests and health of a running server, in a terminal. ${KEYS}`)
    .addOption(new Option('--server <url>', 'which server').env('HOPSCOPE_SERVER').default('http://127.0.0.1:7117'))
    .option('--vm <name>', 'which VM; the first where not given', '')
    .addOption(new Option('--quantile <which>', 'of the small lines').choices([...QUANTILES]).default('p99'))
    .addOption(new Option('--order <which>', 'of the requests').choices([...ORDERS]).default('slowest'))
    .option('--once', 'print one screen and end; so it does where the output is no terminal', false)
    .option('--json', 'print one JSON object and end', false)
    .helpOption('-h, --help', 'this text')
    .exitOverride();
}

/** Resolves with the exit code: 1 where no server answers. */
export async function main(args: string[]): Promise<number> {
  const parser = command();
  try {
    parser.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const flags = parser.opts<TopFlags>();
  const top = new Top(flags);
  try {
    await top.begin();
    if (flags.json) process.stdout.write(`${JSON.stringify(await top.report())}\n`);
    else if (flags.once || !process.stdout.isTTY) process.stdout.write(`${(await top.page()).join('\n')}\n`);
    else await top.follow();
    return 0;
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    process.stderr.write(`hopscope top: ${error.message}\n`);
    return 1;
  } finally {
    top.close();
  }
}

class Top {
  readonly #flags: TopFlags;
  readonly #server: RemoteServer;
  readonly #watched = new Watched();
  readonly #first = Promise.withResolvers<void>();
  readonly #line: LiveLine;
  readonly #ended = Promise.withResolvers<void>();
  #terminal: Terminal | null = null;
  #paths: PathView[] = [];
  #paused = false;
  #trouble: string | null = null;

  constructor(flags: TopFlags) {
    this.#flags = { ...flags };
    this.#server = new RemoteServer(flags.server);
    this.#line = new LiveLine(flags.server, {
      message: (message) => this.#hear(message),
      lost: (reason) => this.#lose(reason),
    });
  }

  /** Resolves when the server has said what there is; rejects where none does. */
  begin(): Promise<void> {
    return this.#first.promise;
  }

  async report() {
    const { now } = this.#watched;
    return { ...now, requests: await this.#requests() };
  }

  async page(): Promise<string[]> {
    this.#paths = await this.#requests();
    return screen(this.#view(), PAGE).filter((line, i, all) => line !== '' || all[i + 1] !== undefined);
  }

  /** Until `q`. */
  async follow(): Promise<void> {
    this.#terminal = new Terminal(
      (key) => this.#press(key),
      () => this.#draw(),
    );
    const timer = setInterval(() => this.#poll(), REQUESTS_EVERY_MS);
    process.once('SIGTERM', this.#ended.resolve);
    this.#poll();
    await this.#ended.promise;
    clearInterval(timer);
  }

  close(): void {
    this.#line.close();
    this.#terminal?.close();
  }

  #hear(message: LiveMessage): void {
    this.#trouble = null;
    if (!this.#paused) this.#watched.apply(message);
    this.#first.resolve();
    this.#draw();
  }

  #lose(reason: string): void {
    this.#trouble = `NO SERVER (${reason}), what is shown is old`;
    this.#first.reject(
      new RemoteError(`no server answers at ${this.#flags.server} (${reason}): start one, or give --server URL.`),
    );
    this.#draw();
  }

  #requests(): Promise<PathView[]> {
    return this.#server.paths('current', this.#flags.order, REQUESTS);
  }

  #poll(): void {
    if (this.#paused) return;
    this.#requests().then(
      (paths) => {
        this.#paths = paths;
      },
      () => {}, // the live line tells of a server that is gone
    );
  }

  #press(key: string): void {
    if (key === 'q') this.#ended.resolve();
    else if (key === 'v') this.#flags.vm = this.#nextVm();
    else if (key === 'p') this.#paused = !this.#paused;
    else if (key === 'o') this.#flags.order = this.#flags.order === 'slowest' ? 'newest' : 'slowest';
    else this.#flags.quantile = QUANTILES['590'.indexOf(key)] ?? this.#flags.quantile;
    if (key === 'o') this.#poll();
    this.#draw();
  }

  #nextVm(): string {
    const vms = this.#watched.now?.run.vms ?? [];
    return vms[(vms.indexOf(this.#vm()) + 1) % vms.length] ?? '';
  }

  /** One that is not there stands for the first. */
  #vm(): string {
    const vms = this.#watched.now?.run.vms ?? [];
    return vms.includes(this.#flags.vm) ? this.#flags.vm : (vms[0] ?? '');
  }

  #view(): View {
    const { quantile, order } = this.#flags;
    const vm = this.#vm();
    const seconds = this.#watched.seconds(vm, SECONDS_KEPT);
    const [paths, paused, trouble] = [this.#paths, this.#paused, this.#trouble];
    return { now: this.#watched.now!, vm, quantile, order, seconds, paths, paused, trouble };
  }

  #draw(): void {
    if (this.#terminal === null || this.#watched.now === null) return;
    const style = process.env.NO_COLOR ? plainStyle : ansiStyle;
    this.#terminal.draw(screen(this.#view(), this.#terminal.size, style));
  }
}
