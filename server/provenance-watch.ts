/** Notices that a machine came back as another one: then what is measured belongs to another run. */
import type { Agent } from './agents.ts';
import type { Provenance } from './wire/messages.ts';

/** What people compare runs for; a name, an address or free memory is not among it. */
const TELLING = [
  ...(['kernel', 'arch', 'cpus', 'memoryBytes', 'hypervisor', 'accelerator', 'approach'] as const),
  ...(['vswitch', 'nicModel', 'driver', 'queues', 'nicApproach', 'service'] as const),
];
const MOST_MACHINES = 1024;
const MOST_CHARACTERS = 64;

export class ProvenanceWatch {
  /** Role and host name → as it was last seen; longest unseen first. */
  readonly #known = new Map<string, Provenance>();

  /** @returns what changed since the machine was last here, as the name of a run; null where nothing did */
  seen({ hello: { role, provenance } }: Agent): string | null {
    const machine = `${role}:${provenance.hostname}`;
    const before = this.#known.get(machine);
    this.#known.delete(machine);
    this.#known.set(machine, provenance);
    if (this.#known.size > MOST_MACHINES) this.#known.delete(this.#known.keys().next().value as string);
    const change = before && changeOf(before, provenance);
    return change ? named(`${provenance.hostname || role}: ${change}`) : null;
  }
}

/** The first thing that changed, and what it is now. */
function changeOf(before: Provenance, now: Provenance): string | null {
  const field = TELLING.find((name) => before[name] !== now[name] && isKnown(before[name]) && isKnown(now[name]));
  if (field !== undefined) return `${field} ${now[field]}`;
  const names = new Set([...Object.keys(before.offloads), ...Object.keys(now.offloads)]);
  const offload = [...names].find((name) => before.offloads[name] !== now.offloads[name]);
  return offload === undefined ? null : `${offload} ${now.offloads[offload] ? 'on' : 'off'}`;
}

/** What was not known before is no change. */
function isKnown(value: unknown): boolean {
  return value !== '' && value !== 'unknown' && value !== 0;
}

/** A run's name has letters, digits, spaces and . : _ - only. */
function named(text: string): string {
  return text
    .replaceAll(/[^\w .:-]+/g, '-')
    .slice(0, MOST_CHARACTERS)
    .trim();
}
