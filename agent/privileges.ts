/** What this process lacks, said before the kernel says EPERM. */
import { existsSync } from 'node:fs';
import type { Vantage } from '../server/wire/stations.ts';
import { readText } from './machine.ts';

const CAPABILITIES = { NET_ADMIN: 12, SYS_ADMIN: 21, PERFMON: 38, BPF: 39 } as const;
type Capability = keyof typeof CAPABILITIES;

const NEEDED: Readonly<Record<Vantage, readonly Capability[]>> = {
  host: ['BPF', 'NET_ADMIN', 'PERFMON'],
  guest: ['BPF', 'PERFMON'],
};

/** Effective capabilities from the text of /proc/self/status. */
export function capabilitiesOf(status: string): Set<Capability> {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const held = (Object.keys(CAPABILITIES) as Capability[]).filter((name) => (bits >> BigInt(CAPABILITIES[name])) & 1n);
  return new Set(held);
}

/** Sentences that say what is missing and what to do; empty when the agent can try. */
export function missingPrivileges(
  role: Vantage,
  status = readText('/proc/self/status'),
  btf = existsSync('/sys/kernel/btf/vmlinux'),
): string[] {
  const held = capabilitiesOf(status);
  const missing = held.has('SYS_ADMIN') ? [] : NEEDED[role].filter((name) => !held.has(name));
  const sentences: string[] = [];
  if (missing.length > 0) {
    const names = missing.map((name) => `CAP_${name}`).join(', ');
    sentences.push(`missing ${names}: run as root, or grant ${missing.length > 1 ? 'them' : 'it'} to the agent`);
  }
  if (!btf) {
    sentences.push(
      '/sys/kernel/btf/vmlinux is missing: this kernel was built without CONFIG_DEBUG_INFO_BTF; ' +
        'use a distribution kernel (Debian 11 or newer has it)',
    );
  }
  return sentences;
}
