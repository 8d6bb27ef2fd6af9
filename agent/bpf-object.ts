/**
 * One compiled BPF object: open, set, choose programs, load, attach. Every
 * link goes away with the process, so a crash leaves nothing attached, except
 * classic tc filters on kernels before 6.6 (see {@link attachTc}).
 */
import { errorName, lastError, libbpf, type Pointer, SYS_BPF, system } from './libbpf.ts';

export type Attached = { ok: true; probe: string; detach: () => void } | { ok: false; reason: string };

const LINK_CREATE = 28;
const TCX_INGRESS = 46;
const TCX_EGRESS = 47;
const XDP = 37;
const XDP_DRIVER_MODE = 1 << 2;
/** Ours among other people's filters: the same pair is replaced at the next start. */
const TC_HANDLE = 1;
const TC_PRIORITY = 0x486f;
const TC_REPLACE = 1;
const EEXIST = 17;

export class BpfObject {
  readonly #object: Pointer;

  private constructor(object: Pointer) {
    this.#object = object;
  }

  /**
   * Open `file`, keep only `programs`, write the settings, load.
   * @param sizes map name → entries, where the compiled size does not fit
   */
  static load(
    file: string,
    programs: ReadonlySet<string>,
    settings: Uint8Array,
    sizes: Readonly<Record<string, number>> = {},
  ): { ok: true; object: BpfObject } | { ok: false; reason: string } {
    const pointer = libbpf.openFile(file, null) as Pointer | null;
    if (!pointer) return { ok: false, reason: `${file}: ${lastError()}` };
    const object = new BpfObject(pointer);
    object.#choose(programs);
    libbpf.setInitialValue(object.#map('.rodata'), settings, settings.length);
    for (const [map, entries] of Object.entries(sizes)) libbpf.setMaxEntries(object.#map(map), entries);
    const status = libbpf.loadObject(pointer) as number;
    if (status === 0) return { ok: true, object };
    object.close();
    return { ok: false, reason: errorName(status) };
  }

  #choose(programs: ReadonlySet<string>): void {
    let program = libbpf.nextProgram(this.#object, null) as Pointer | null;
    while (program) {
      libbpf.setAutoload(program, programs.has(libbpf.programName(program)));
      program = libbpf.nextProgram(this.#object, program);
    }
  }

  #map(name: string): Pointer {
    const map = libbpf.findMap(this.#object, name) as Pointer | null;
    if (!map) throw new Error(`BPF object has no map ${name}`);
    return map;
  }

  #program(name: string): Pointer {
    const program = libbpf.findProgram(this.#object, name) as Pointer | null;
    if (!program) throw new Error(`BPF object has no program ${name}`);
    return program;
  }

  mapFd(name: string): number {
    return libbpf.mapFd(this.#map(name));
  }

  programFd(name: string): number {
    return libbpf.programFd(this.#program(name));
  }

  /** Attach where the program's section says: tracepoint, fentry, kprobe. */
  attach(name: string, probe: string): Attached {
    const link = libbpf.attach(this.#program(name)) as Pointer | null;
    if (!link) return { ok: false, reason: `${probe}: ${lastError()}` };
    return { ok: true, probe, detach: () => libbpf.destroyLink(link) };
  }

  /** XDP in the driver only: the generic mode would cost more than it measures. */
  attachXdp(name: string, ifindex: number): Attached {
    const fd = createLink(this.programFd(name), ifindex, XDP, XDP_DRIVER_MODE);
    if (fd < 0) return { ok: false, reason: `xdp: ${lastError()}` };
    return { ok: true, probe: 'xdp', detach: () => system.close(fd) };
  }

  /** tcx where the kernel has it (6.6), else a clsact filter under our own handle. */
  attachTc(name: string, ifindex: number, direction: 'ingress' | 'egress'): Attached {
    const program = this.programFd(name);
    const fd = createLink(program, ifindex, direction === 'ingress' ? TCX_INGRESS : TCX_EGRESS, 0);
    if (fd >= 0) return { ok: true, probe: 'tcx', detach: () => system.close(fd) };
    return attachClsact(program, ifindex, direction === 'ingress' ? 1 : 2);
  }

  close(): void {
    libbpf.closeObject(this.#object);
  }
}

/** bpf(BPF_LINK_CREATE): libbpf before 1.3 has no tcx and no XDP mode by name. */
function createLink(program: number, ifindex: number, type: number, flags: number): number {
  const attributes = new Uint8Array(64);
  new Uint32Array(attributes.buffer).set([program, ifindex, type, flags]);
  return Number(system.bpf(SYS_BPF, LINK_CREATE, attributes, attributes.length));
}

/** struct bpf_tc_hook: size, ifindex, attach point. */
function tcHook(ifindex: number, point: number): Uint8Array {
  const hook = new Uint8Array(24);
  new Uint32Array(hook.buffer).set([hook.length, 0, ifindex, point]);
  return hook;
}

/** struct bpf_tc_opts: size, program, flags, program id, handle, priority. */
function tcOptions(program: number, flags: number): Uint8Array {
  const options = new Uint8Array(32);
  new Uint32Array(options.buffer).set([options.length, 0, program, flags, 0, TC_HANDLE, TC_PRIORITY]);
  return options;
}

/** The qdisc stays when we go: others may have put filters there meanwhile. */
function attachClsact(program: number, ifindex: number, point: number): Attached {
  const hook = tcHook(ifindex, point);
  const made = libbpf.tcHookCreate(hook) as number;
  if (made !== 0 && made !== -EEXIST) return { ok: false, reason: `tc: ${errorName(made)}` };
  const status = libbpf.tcAttach(hook, tcOptions(program, TC_REPLACE)) as number;
  if (status !== 0) return { ok: false, reason: `tc: ${errorName(status)}` };
  return { ok: true, probe: 'tc', detach: () => libbpf.tcDetach(hook, tcOptions(0, 0)) };
}
