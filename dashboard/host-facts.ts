/** Each host with its VMs, and who of them has the CPU. Pure. */
import type { AgentView, VmView } from '../server/wire/machine-views.ts';
import type { NicLoad } from '../server/wire/messages.ts';
import type { Health, LayerRow } from '../server/wire/views.ts';
import { join, share } from './format.ts';

export interface VmFacts {
  vm: VmView;
  /** Its last ten seconds; null where nobody asked it anything. */
  row: LayerRow | null;
  /** Means of the last seconds: CPU seconds per second that its vCPUs ran, and that they waited to. */
  ran: number | null;
  waited: number | null;
  steal: number | null;
}

export interface HostFacts {
  /** Null: of guests that no host tells of. */
  agent: AgentView | null;
  vms: VmFacts[];
  cpus: number;
  /** CPU seconds per second of all that is no vCPU, and of nothing; null where that is not told. */
  others: number | null;
  idle: number | null;
  pressure: number | null;
  memoryPressure: number | null;
  /** The cards that its VMs share, per second. */
  nic: NicLoad | null;
  /** Of its last report: the program beside its VMs that takes most CPU, where one takes some. */
  program: { name: string; cpu: number } | null;
  story: Story;
}

/** Who takes the CPU, in a sentence. */
export interface Story {
  tone: 'ok' | 'warn' | 'quiet';
  text: string;
  /** Name of the VM that others wait for; null where it is none. */
  noisy: string | null;
}

/** What is smoothed, by a name of its own. */
export type Mean = (name: string) => number | null;

/** From so much waiting on, seconds per second, a VM waits. */
const WAITS = 0.1;
/** One that runs less than this is no hog, however little the others run. */
const RUNS = 0.4;

/** Single readings of this second, by names that {@link hostFacts} asks for again. */
export function readingsOf({ agents, vms }: Health): Map<string, number | null> {
  const ofVms = vms.flatMap((vm): [string, number | null][] => [
    [key(vm, 'ran'), vm.vcpuTime],
    [key(vm, 'waited'), vm.vcpuDelay],
    [key(vm, 'steal'), vm.steal],
  ]);
  const hosts = agents.filter(({ role }) => role === 'host');
  const ofHosts = hosts.flatMap(({ id, cpuBusy, cpuPressure, memoryPressure, nic }): [string, number | null][] => [
    [`${id} busy`, cpuBusy],
    [`${id} pressure`, cpuPressure],
    [`${id} memory`, memoryPressure],
    [`${id} nic busy`, nic?.busy ?? null],
    [`${id} nic drops`, nic?.drops ?? null],
    [`${id} nic errors`, nic?.errors ?? null],
  ]);
  return new Map([...ofVms, ...ofHosts]);
}

function key({ hostAgent, name }: VmView, what: string): string {
  return `${hostAgent ?? ''} ${name} ${what}`;
}

/** Connected hosts, in the server's order; then the guests that none of them tells of. */
export function hostFacts({ agents, vms }: Health, recent: readonly LayerRow[], mean: Mean): HostFacts[] {
  const factsOf = (vm: VmView): VmFacts => ({
    vm,
    row: recent.find((row) => row.vm === vm.name) ?? null,
    ran: mean(key(vm, 'ran')),
    waited: mean(key(vm, 'waited')),
    steal: mean(key(vm, 'steal')),
  });
  const on = (id: string | null) => vms.filter(({ hostAgent }) => hostAgent === id).map(factsOf);
  const hosts = agents.filter(({ role, connected }) => role === 'host' && connected);
  const facts = hosts.map((agent) => ofHost(agent, on(agent.id), mean));
  const alone = on(null);
  return alone.length === 0 ? facts : [...facts, withoutHost(alone)];
}

function ofHost(agent: AgentView, vms: VmFacts[], mean: Mean): HostFacts {
  const cpus = agent.provenance.cpus ?? 0;
  const busy = mean(`${agent.id} busy`);
  const running = vms.reduce((sum, { ran }) => sum + (ran ?? 0), 0);
  // The two are not read at one moment: a little more may seem to run than is busy.
  const others = busy === null ? null : Math.max(0, busy - running);
  const idle = others === null ? null : Math.max(0, cpus - running - others);
  const pressure = mean(`${agent.id} pressure`);
  const memoryPressure = mean(`${agent.id} memory`);
  const nicMean = (what: string) => mean(`${agent.id} nic ${what}`);
  const [drops, errors] = [nicMean('drops'), nicMean('errors')];
  const nic = drops === null || errors === null ? null : { drops, errors, busy: nicMean('busy') };
  const facts = { agent, vms, cpus, others, idle, pressure, memoryPressure, nic, program: busiest(agent) };
  return { ...facts, story: storyOf(vms, others, cpus) };
}

/** Less is not worth a word. */
const TELLING_CPU = 0.05;

function busiest({ processes }: AgentView): HostFacts['program'] {
  const [name, cpu] = Object.entries(processes).toSorted(([, a], [, b]) => b - a)[0] ?? ['', 0];
  return cpu < TELLING_CPU ? null : { name, cpu };
}

function withoutHost(vms: VmFacts[]): HostFacts {
  const text = 'No agent runs on the host of these guests: what they have of its CPU is not known.';
  const story: Story = { tone: 'quiet', text, noisy: null };
  const unknown = { others: null, idle: null, pressure: null, memoryPressure: null, nic: null, program: null };
  return { agent: null, vms, cpus: 0, ...unknown, story };
}

function storyOf(vms: readonly VmFacts[], others: number | null, cpus: number): Story {
  if (vms.length === 0) return { tone: 'quiet', text: 'No VM with a tap runs here.', noisy: null };
  if (vms.every(({ waited }) => waited === null)) {
    return { tone: 'quiet', text: 'What its VMs have of the CPU is not told yet.', noisy: null };
  }
  const waiting = vms.filter(({ waited }) => (waited ?? 0) >= WAITS).sort((a, b) => b.waited! - a.waited!);
  if (waiting.length === 0) return { tone: 'ok', text: 'No VM waits for a CPU.', noisy: null };
  const waits = waiting.map(({ vm, waited }) => `${vm.name} ${percent(waited)}`).join(', ');
  const noisy = noisyOf(vms, waiting);
  if (noisy !== null) {
    const victims = waiting
      .filter(({ vm }) => vm !== noisy.vm)
      .map(({ vm, waited }) => `${vm.name} ${percent(waited)}`);
    const text = `${noisy.vm.name} takes the CPU: it ran ${percent(noisy.ran)} of one, and meanwhile waited for one: ${victims.join(', ')} of the time.`;
    return { tone: 'warn', text, noisy: noisy.vm.name };
  }
  if (others !== null && others >= cpus / 2) {
    const text = `The host itself takes the CPU: ${others.toFixed(1)} of ${cpus} go to what is no VM, and waited for one: ${waits} of the time.`;
    return { tone: 'warn', text, noisy: null };
  }
  return { tone: 'warn', text: `Waited for a CPU, and nobody takes it alone: ${waits} of the time.`, noisy: null };
}

/** The VM that runs most, and at least twice as much as one that waits longer than it does. */
function noisyOf(vms: readonly VmFacts[], waiting: readonly VmFacts[]): VmFacts | null {
  const most = vms.toSorted((a, b) => (b.ran ?? 0) - (a.ran ?? 0))[0];
  if (most === undefined || (most.ran ?? 0) < RUNS) return null;
  const suffers = ({ vm, ran, waited }: VmFacts) =>
    vm !== most.vm && waited! > (most.waited ?? 0) && most.ran! >= 2 * (ran ?? 0);
  return waiting.some(suffers) ? most : null;
}

function percent(value: number | null): string {
  return join(share(value));
}
