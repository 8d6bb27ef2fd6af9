/** Of a VM's part of its host's CPU, and of its box. From the sixth on they come again: each has its name beside it. */
const COLOURS = ['--place-guest', '--run-b', '--place-client', '--layer-nic-out', '--place-service'] as const;

/** @param index among the VMs of its host */
export function vmColour(index: number): string {
  return `var(${COLOURS[index % COLOURS.length]})`;
}
