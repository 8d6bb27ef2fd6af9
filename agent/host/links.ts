/** The host's network devices, as `ip -j -d link` prints them (iproute2). */
import { execFileSync } from 'node:child_process';

export interface Link {
  ifindex: number;
  name: string;
  /** Name of the bridge it is a port of, or empty. */
  master: string;
  /** `tun`, `veth`, `bridge`, `vlan` …; empty for a physical device. */
  kind: string;
  up: boolean;
}

interface IpLink {
  ifindex: number;
  ifname: string;
  master?: string;
  flags?: string[];
  linkinfo?: { info_kind?: string };
}

/** Parse the JSON of `ip -j -d link`. */
export function parseLinks(json: string): Link[] {
  return (JSON.parse(json) as IpLink[]).map((link) => ({
    ifindex: link.ifindex,
    name: link.ifname,
    master: link.master ?? '',
    kind: link.linkinfo?.info_kind ?? '',
    up: link.flags?.includes('UP') ?? false,
  }));
}

/** All links of this network namespace. Throws with the next step when `ip` is missing. */
export function listLinks(): Link[] {
  try {
    return parseLinks(execFileSync('ip', ['-j', '-d', 'link', 'show'], { encoding: 'utf8', maxBuffer: 1 << 24 }));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not found' : String(error);
    throw new Error(`ip (iproute2): ${reason}; install iproute2`);
  }
}

/**
 * The host NICs of the switches that these taps are ports of: the bridges'
 * physical ports, or where there are none (a lab) all that are not taps.
 */
export function uplinksOf(links: readonly Link[], taps: readonly Link[]): Link[] {
  const bridges = new Set(taps.map((tap) => tap.master).filter((name) => name !== ''));
  const others = links.filter((link) => bridges.has(link.master) && link.kind !== 'tun');
  const physical = others.filter((link) => link.kind === '');
  return physical.length > 0 ? physical : others;
}
