/**
 * Names of VMs by small index. The host agent knows which tap belongs to which
 * VM; where it does not, a guest goes by its hostname.
 */
import type { VmInfo } from './wire/messages.ts';

export const MAX_VMS = 1024;
/** Where the names go once there are too many of them. */
export const OTHER_VMS = 'other';

interface HostVms {
  hostname: string;
  byIfindex: Map<number, VmInfo>;
}

const NOWHERE = { host: -1, guest: -1, hostName: '' };

/** Where a VM's paths came from last. */
interface Origin {
  host: number;
  guest: number;
  /** The VM as its host names it; empty where the host does not know it. */
  hostName: string;
}

export class VmTable {
  /** Index → name; grows only. */
  readonly names: string[] = [];
  readonly #hosts = new Map<number, HostVms>();
  readonly #guests = new Map<number, string>();
  /** The host's view of each guest source, once one of its paths was joined. */
  readonly #infoOfGuest = new Map<number, VmInfo>();
  /** Along `names`. */
  readonly #origins: Origin[] = [];
  /** Which host a name belongs to: the same name on a second host gets `@host`. */
  readonly #hostOfName = new Map<string, string>();

  setHost(source: number, hostname: string): void {
    const known = this.#hosts.get(source);
    if (known === undefined) this.#hosts.set(source, { hostname, byIfindex: new Map() });
    else known.hostname = hostname;
  }

  /** @param areOld what a killed agent saw: it says nothing against what is known */
  setVms(source: number, vms: readonly VmInfo[], areOld = false): void {
    const host = this.#hosts.get(source);
    if (host === undefined) return;
    const known = areOld ? host.byIfindex.values() : [];
    host.byIfindex = new Map([...vms, ...known].map((vm) => [vm.ifindex, vm]));
  }

  setGuest(source: number, hostname: string): void {
    this.#guests.set(source, hostname);
  }

  /** A source is gone and its number may be used again. */
  forget(source: number): void {
    this.#hosts.delete(source);
    this.#guests.delete(source);
    this.#infoOfGuest.delete(source);
    this.#origins.forEach(({ host, guest }, i) => {
      if (host === source || guest === source) this.#origins[i] = NOWHERE;
    });
  }

  /** Index of the VM behind a joined pair of records. */
  indexOf(hostSource: number, ifindex: number, guestSource: number): number {
    const host = this.#hosts.get(hostSource);
    const info = host?.byIfindex.get(ifindex);
    if (info !== undefined) this.#infoOfGuest.set(guestSource, info);
    const index = this.#index(this.#unique(info?.name ?? this.guestName(guestSource), host?.hostname ?? ''));
    const origin = this.#origins[index];
    if (origin?.host !== hostSource || origin.guest !== guestSource) {
      this.#origins[index] = { host: hostSource, guest: guestSource, hostName: info?.name ?? '' };
    }
    return index;
  }

  /** VMs whose paths come from this source, of either vantage: our name, and its host's. */
  namesOf(source: number): { name: string; hostName: string }[] {
    return this.#origins.flatMap(({ host, guest, hostName }, i) =>
      (host === source || guest === source) && this.names[i] !== OTHER_VMS
        ? [{ name: this.names[i] as string, hostName }]
        : [],
    );
  }

  /** What a host says of its VMs, tap by tap. */
  vmsOf(hostSource: number): readonly VmInfo[] {
    return [...(this.#hosts.get(hostSource)?.byIfindex.values() ?? [])];
  }

  /** Our name of a VM of this host, and its guest's source; undefined before its first path. */
  originOf(hostSource: number, hostName: string): { name: string; guest: number } | undefined {
    const index = this.#origins.findLastIndex((origin) => origin.host === hostSource && origin.hostName === hostName);
    return index < 0 ? undefined : { name: this.names[index] as string, guest: this.#origins[index]!.guest };
  }

  guestName(source: number): string {
    return this.#guests.get(source) || `guest-${source}`;
  }

  /** What a host says about the VM behind one of its taps. */
  infoOfTap(hostSource: number, ifindex: number): VmInfo | undefined {
    return this.#hosts.get(hostSource)?.byIfindex.get(ifindex);
  }

  /** What the host says about the VM of a guest, where they have met. */
  infoOfGuest(source: number): VmInfo | undefined {
    return this.#infoOfGuest.get(source);
  }

  /** Index of a name that a recording or an earlier day gives; new where it was not known. */
  named(name: string): number {
    return this.#index(name);
  }

  /** Index of a name, undefined where no path had it. */
  find(name: string): number | undefined {
    const index = this.names.indexOf(name);
    return index < 0 ? undefined : index;
  }

  #unique(name: string, hostname: string): string {
    const owner = this.#hostOfName.get(name);
    if (owner === undefined && this.#hostOfName.size < MAX_VMS) this.#hostOfName.set(name, hostname);
    return owner === undefined || owner === hostname ? name : `${name}@${hostname}`;
  }

  #index(name: string): number {
    const known = this.names.indexOf(name);
    if (known >= 0) return known;
    if (this.names.length >= MAX_VMS) return this.#index(OTHER_VMS);
    // The last place is for the ones that have none.
    return this.names.push(this.names.length === MAX_VMS - 1 ? OTHER_VMS : name) - 1;
  }
}
