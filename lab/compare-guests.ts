/**
 * The guests of a comparison: one with all the NICs, or, where a value can only be had by a boot, one for each.
 *
 * Those are all booted before the first block and stay, each with a network, a server and agents of its own, so
 * that the load goes from one to the other within a second, as between two NICs. A boot for each block instead
 * would put half a minute between the blocks that are compared.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lab, type LabPlan, withLab } from './booted-lab.ts';
import { LabError } from './command.ts';
import type { CompareOptions } from './compare-options.ts';
import { baseImage } from './image.ts';
import { chooseAccelerator } from './kvm-probe.ts';
import { MEMORY_MIB } from './qemu.ts';
import { RunState } from './run-state.ts';
import { needsBoots, type Variant } from './variants.ts';

/** Of the lab's own processes beside a guest, MiB: QEMU, server, agent, load. */
const BESIDE_MIB = 400;

/** Boots, and hands the lab of each variant to `use`; as {@link withLab} does. */
export async function withGuests<T>(
  options: CompareOptions,
  variants: readonly Variant[],
  stop: AbortController,
  use: (labs: ReadonlyMap<Variant, Lab>) => Promise<T>,
): Promise<T> {
  if (!needsBoots(options)) {
    return withLab(planOf(options, variants), stop, (lab) => use(new Map(variants.map((variant) => [variant, lab]))));
  }
  checkMemory(variants.length);
  await checkKvm(variants, stop.signal);
  return withEach(options, variants, stop, use, new Map());
}

async function withEach<T>(
  options: CompareOptions,
  variants: readonly Variant[],
  stop: AbortController,
  use: (labs: ReadonlyMap<Variant, Lab>) => Promise<T>,
  booted: ReadonlyMap<Variant, Lab>,
): Promise<T> {
  const variant = variants[booted.size];
  if (variant === undefined) return use(booted);
  say(`guest ${booted.size + 1} of ${variants.length}: ${variant.name}`);
  const plan = planOf(options, [variant]);
  const apart = {
    port: plan.port + booted.size,
    artifacts: plan.artifacts && join(plan.artifacts, variant.name),
  };
  return withLab({ ...plan, ...apart }, stop, (lab) =>
    withEach(options, variants, stop, use, new Map([...booted, [variant, lab]])),
  );
}

/** What is booted for variants that one guest can have together. */
function planOf({ port, path, artifacts }: CompareOptions, variants: readonly Variant[]): LabPlan {
  return {
    ...{ nics: variants.map(({ nic }) => nic), port, artifacts, firstRun: 'between the blocks' },
    ...{ ...variants[0]!.boot, image: 'standard', uplink: 'channel', shell: false },
    ...{ servicePorts: [80], skipProbes: '', app: path.startsWith('/app/') },
  };
}

function checkMemory(guests: number): void {
  const availableMiB = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
  const neededMiB = guests * (MEMORY_MIB + BESIDE_MIB);
  if (availableMiB >= neededMiB) return;
  throw new LabError(
    `${guests} guests at the same time need ${neededMiB} MiB, and ${Math.floor(availableMiB)} are free: name fewer values.`,
  );
}

/** Before any guest is booted, not after the first one. */
async function checkKvm(variants: readonly Variant[], signal: AbortSignal): Promise<void> {
  const boot = variants.map((variant) => variant.boot).find(({ accel }) => accel === 'kvm');
  if (boot === undefined) return;
  const image = await baseImage('standard', boot.kernel, say, signal);
  const state = new RunState(randomBytes(3).toString('hex'));
  try {
    await chooseAccelerator('kvm', image, state, signal);
  } finally {
    await state.remove();
  }
}

function say(line: string): void {
  console.error(`hopscope: ${line}`);
}
