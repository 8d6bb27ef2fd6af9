/** Keeps the host's stations on the taps that exist: VMs start and stop while we run. */
import type { VmInfo } from '../../server/wire/messages.ts';
import type { Tracer } from '../tracer.ts';
import { type Link, listLinks, uplinksOf } from './links.ts';
import { listVms } from './vms.ts';

export interface HostDevices {
  uplinks: Link[];
  taps: Link[];
  vms: VmInfo[];
}

/**
 * Uplinks, taps and VMs of this host: as given, else found.
 * @returns a sentence with the next step where a given name does not exist
 */
export function findDevices(
  uplinks: readonly string[],
  taps: readonly string[],
): { ok: true; devices: HostDevices } | { ok: false; message: string } {
  const links = listLinks();
  const unknown = [...uplinks, ...taps].filter((name) => !links.some((link) => link.name === name));
  if (unknown.length > 0) {
    return { ok: false, message: `no such network device: ${unknown.join(', ')}; \`ip link\` lists them` };
  }
  const vms = listVms(links);
  const isTap = (link: Link) => (taps.length > 0 ? taps.includes(link.name) : vms.some((vm) => vm.tap === link.name));
  const found = links.filter(isTap);
  const chosen = uplinks.length > 0 ? links.filter((l) => uplinks.includes(l.name)) : uplinksOf(links, found);
  return {
    ok: true,
    devices: { uplinks: chosen, taps: found, vms: vms.filter((vm) => found.some((t) => t.name === vm.tap)) },
  };
}

/** A tap that is refused again and again is said once. */
const REASONS_KEPT = 64;

export class TapWatch {
  readonly #tracer: Tracer;
  readonly #attached = new Map<number, (() => void)[]>();
  #said: ReadonlySet<string> = new Set();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Attach to new taps, forget those that are gone. @returns new reasons of taps that could not be attached */
  follow(taps: readonly Link[]): string[] {
    const reasons = taps
      .filter((tap) => !this.#attached.has(tap.ifindex))
      .map((tap) => this.#attach(tap))
      .filter((reason) => reason !== '' && !this.#said.has(reason));
    this.#said = new Set([...this.#said, ...reasons].slice(-REASONS_KEPT));
    for (const [ifindex, detach] of this.#attached) {
      if (taps.some((tap) => tap.ifindex === ifindex)) continue;
      for (const undo of detach) undo();
      this.#attached.delete(ifindex);
    }
    return reasons;
  }

  /** Both stations or none: the next look tries again. @returns why not, empty when attached */
  #attach(tap: Link): string {
    const results = this.#tracer.attachTap(tap.ifindex);
    const detach = results.flatMap((result) => (result.ok ? [result.detach] : []));
    const refused = results.flatMap((result) => (result.ok ? [] : [`${tap.name}: ${result.reason}`]));
    if (refused.length === 0) this.#attached.set(tap.ifindex, detach);
    else for (const undo of detach) undo();
    return refused.join('; ');
  }

  close(): void {
    this.follow([]);
  }
}
