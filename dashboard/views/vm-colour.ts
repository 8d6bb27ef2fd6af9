/** Of a VM's part of its host's CPU, and of its box. From the sixth on they come again: each has its name beside it. */
const COLOURS = ['guest', 'hypervisor', 'host', 'service', 'client'] as const;

/** @param index among the VMs of its host */
export function vmColour(index: number): string {
  return `var(--place-${COLOURS[index % COLOURS.length]})`;
}
