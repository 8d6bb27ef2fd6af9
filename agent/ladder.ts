/**
 * The probe ladder: every station has rungs, best first. The best rungs are
 * loaded together; where the kernel refuses one it is found by loading alone,
 * struck out with the reason, and the next one is tried. A kernel that takes
 * nothing of the object gets the one for old kernels, which lies beside it.
 */
import { existsSync } from 'node:fs';
import type { StationProbe } from '../server/wire/messages.ts';
import type { Station } from '../server/wire/stations.ts';
import { type Attached, BpfObject } from './bpf-object.ts';

export interface Rung {
  /** How people know it: `fentry/tcp_v4_rcv`, `xdp`. */
  probe: string;
  /** All of these must load. */
  programs: readonly string[];
  /** Loaded if the kernel takes them (a second address family). */
  optional?: readonly string[];
  attach(object: BpfObject, program: string): Attached[];
  /** Not to be tried. */
  skipped?: boolean;
}

export interface StationLadder {
  station: Station;
  rungs: readonly Rung[];
}

export interface Climbed {
  object: BpfObject;
  stations: StationProbe[];
  programs: string[];
  detach: () => void;
}

/** Where the settings depend on which stations there are. */
export type SettingsFor = (present: readonly boolean[]) => Uint8Array;

type Choice = (Rung | null)[];

/** The same stations without the rungs of these kinds: `fentry` is the kind of `fentry/tcp_v4_rcv`. */
export function withoutProbes(stations: readonly StationLadder[], kinds: readonly string[]): StationLadder[] {
  const isSkipped = ({ probe }: Rung) => kinds.includes(probe.split(/[/ ]/, 1)[0] as string);
  return stations.map(({ station, rungs }) => ({
    station,
    rungs: rungs.map((rung) => (isSkipped(rung) ? { ...rung, skipped: true } : rung)),
  }));
}

export class Ladder {
  #file: string;
  readonly #stations: readonly StationLadder[];
  readonly #always: readonly string[];
  readonly #settings: SettingsFor;
  readonly #sizes: Readonly<Record<string, number>>;
  readonly #refused = new Map<Rung, string>();
  readonly #absent = new Set<string>();

  /** @param always programs that are not stations but needed (`sweep`) @param sizes map → entries */
  constructor(
    file: string,
    stations: readonly StationLadder[],
    always: readonly string[],
    settings: SettingsFor,
    sizes: Readonly<Record<string, number>> = {},
  ) {
    this.#file = file;
    this.#stations = stations;
    this.#always = always;
    this.#settings = settings;
    this.#sizes = sizes;
    this.#strikeSkipped();
  }

  #strikeSkipped(): void {
    for (const rung of this.#stations.flatMap(({ rungs }) => rungs)) {
      if (rung.skipped) this.#refused.set(rung, `${rung.probe}: skipped as told`);
    }
  }

  /** Load and attach the best rungs that this kernel takes. Throws when not even `always` loads. */
  climb(): Climbed {
    for (;;) {
      const choice = this.#choose();
      const loaded = this.#load(this.#programsOf(choice), choice);
      if (!loaded.ok) {
        this.#findRefused(choice, loaded.reason);
        continue;
      }
      const detach: (() => void)[] = [];
      if (this.#attachAll(loaded.object, choice, detach)) return this.#climbed(loaded.object, choice, detach);
      for (const undo of detach) undo();
      loaded.object.close();
    }
  }

  #choose(): Choice {
    return this.#stations.map(({ rungs }) => rungs.find((rung) => !this.#refused.has(rung)) ?? null);
  }

  #programsOf(choice: Choice): string[] {
    const programs = choice.flatMap((rung) => (rung ? [...rung.programs, ...(rung.optional ?? [])] : []));
    return [...this.#always, ...programs.filter((name) => !this.#absent.has(name))];
  }

  #load(programs: readonly string[], choice: Choice) {
    const settings = this.#settings(choice.map((rung) => rung !== null));
    return BpfObject.load(this.#file, new Set(programs), settings, this.#sizes);
  }

  /** The whole did not load: load each part alone to learn which one it was. */
  #findRefused(choice: Choice, reason: string): void {
    const always = this.#load(this.#always, choice);
    if (!always.ok) {
      this.#useOlder(always.reason);
      return;
    }
    always.object.close();
    const before = this.#refused.size + this.#absent.size;
    for (const rung of choice) {
      if (!rung) continue;
      for (const name of [...rung.programs, ...(rung.optional ?? [])]) {
        const alone = this.#load([name], choice);
        if (alone.ok) alone.object.close();
        else if (rung.programs.includes(name)) this.#refused.set(rung, `${rung.probe}: ${alone.reason}`);
        else this.#absent.add(name);
      }
    }
    if (this.#refused.size + this.#absent.size === before) {
      throw new Error(`the kernel refuses ${this.#file}: ${reason}`);
    }
  }

  /** Not even what is always needed was taken. */
  #useOlder(reason: string): void {
    const older = this.#file.replace(/(?<!-old)\.bpf\.o$/, '-old.bpf.o');
    if (older === this.#file || !existsSync(older)) throw new Error(`the kernel refuses ${this.#file}: ${reason}`);
    this.#file = older;
    this.#refused.clear();
    this.#absent.clear();
    this.#strikeSkipped();
  }

  #attachAll(object: BpfObject, choice: Choice, detach: (() => void)[]): boolean {
    let complete = true;
    for (const rung of choice) {
      if (!rung) continue;
      const present = [...rung.programs, ...(rung.optional ?? []).filter((name) => !this.#absent.has(name))];
      for (const attached of present.flatMap((name) => rung.attach(object, name))) {
        if (attached.ok) detach.push(attached.detach);
        else {
          this.#refused.set(rung, attached.reason);
          complete = false;
        }
      }
    }
    return complete;
  }

  #climbed(object: BpfObject, choice: Choice, detach: (() => void)[]): Climbed {
    const stations = this.#stations.map(({ station, rungs }, index) => ({
      station,
      probe: choice[index]?.probe ?? null,
      reason: rungs.flatMap((rung) => this.#refused.get(rung) ?? []).join('; '),
    }));
    const undo = () => {
      for (const one of detach.splice(0)) one();
    };
    return { object, stations, programs: this.#programsOf(choice), detach: undo };
  }
}
